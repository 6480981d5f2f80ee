/**
 * What redaction costs: preset `headers` on the request of a browser, and `standard` on a JSON body of 1 KiB, both for requests that differ
 * from each other as those of many users do. Prints medians of repeated passes.
 *
 *     node bench/redact.ts
 */
import { RequestHead } from "../src/decode/http1/request-head.ts";
import type { RedactionPolicy, RedactionPreset } from "../src/model/redaction.ts";
import { createRedactor } from "../src/redact/redactor.ts";

const USERS = 500;
const ROUNDS = 20;
const PASSES = 15;

const KEY = Buffer.from("a key that is only used in this bench");

function policyOf(preset: RedactionPreset): RedactionPolicy {
  const detected = { kind: "tokenise" } as const;
  return { preset, rules: [], detectors: [], detected, maxBodyBytes: 1024 * 1024 };
}

/** Hexadecimal digits that differ from user to user. */
function token(user: number, length: number): string {
  const seed = Math.imul(user + 1, 0x9e3779b1) >>> 0;
  return seed
    .toString(16)
    .padStart(8, "0")
    .repeat(Math.ceil(length / 8))
    .slice(0, length);
}

function browserRequest(user: number): string {
  return [
    "GET /orders/17?page=2&sort=desc HTTP/1.1",
    "Host: shop.example.com",
    "Connection: keep-alive",
    'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24"',
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Mode: navigate",
    "Referer: https://shop.example.com/orders",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
    `Authorization: Bearer ${token(user, 64)}`,
    `Cookie: session=${token(user, 32)}; theme=dark`,
    "",
    "",
  ].join("\r\n");
}

function jsonRequest(user: number): string {
  const item = (n: number) => ({
    sku: `A-${n}-${token(user, 6)}`,
    title: "Oak table, oiled, six seats",
    count: n,
    price: 129.5,
  });
  const body = JSON.stringify({
    order: user,
    customer: {
      name: "Ada Lovelace",
      email: `user${user}@mail.example.com`,
      phone: "+44 20 7946 0958",
    },
    payment: { card: "4111 1111 1111 1111", expires: "12/29" },
    note: "Please leave it at the back door, the bell does not work.",
    items: Array.from({ length: 9 }, (_value, n) => item(n)),
  });
  return [
    "POST /orders HTTP/1.1",
    "Host: shop.example.com",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
}

function headOf(text: string): RequestHead {
  const bytes = Uint8Array.from(Buffer.from(text));
  const head = new RequestHead();
  if (head.read(bytes, 0, bytes.length) !== 0) throw new Error("The request is not well-formed.");
  head.bodyEnd = bytes.length;
  return head;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function nsPerRequest(preset: RedactionPreset, requestOf: (user: number) => string): number {
  let whole = 0;
  const sink = {
    whole: () => {
      whole++;
    },
    refused: () => {},
    stream: () => ({ data() {}, end() {}, cut() {} }),
  };
  const redactor = createRedactor(policyOf(preset), KEY);
  const requests = Array.from({ length: USERS }, (_value, user) => headOf(requestOf(user)));
  const samples: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    const before = performance.now();
    for (let round = 0; round < ROUNDS; round++)
      for (const request of requests) redactor.redact(request, sink);
    samples.push(((performance.now() - before) * 1e6) / (ROUNDS * USERS));
  }
  if (whole !== PASSES * ROUNDS * USERS) throw new Error(`${whole} requests were let through.`);
  return median(samples);
}

const bodyBytes = jsonRequest(1).split("\r\n\r\n")[1]?.length ?? 0;
for (const preset of ["off", "headers", "standard"] as const)
  console.log(`browser head, ${preset}: ${nsPerRequest(preset, browserRequest).toFixed(0)} ns`);
for (const preset of ["headers", "standard"] as const)
  console.log(
    `JSON body of ${bodyBytes} bytes, ${preset}: ${(nsPerRequest(preset, jsonRequest) / 1000).toFixed(1)} us`,
  );

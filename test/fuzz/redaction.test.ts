/** Requests of any bytes under the strict policy: refused, or clean. */
import assert from "node:assert/strict";
import { RequestHead } from "../../src/decode/http1/request-head.ts";
import { DEFAULT_DETECTORS } from "../../src/model/redaction.ts";
import { isStandIn } from "../../src/redact/act/is-stand-in.ts";
import { createScan } from "../../src/redact/detect/scan.ts";
import { createRedactor } from "../../src/redact/redactor.ts";
import { bodyOf, fieldOf, KEY, policy, redactWith } from "../redact/harness.ts";
import { fuzz, noise, pick, type Random } from "./target.ts";

const scan = createScan(DEFAULT_DETECTORS);
const SECRETS = [
  "4111 1111 1111 1111",
  "5500-0000-0000-0004",
  "DE89370400440532013000",
  "bob.smith@corp.com",
  "Bearer abcdef0123456789abcdef",
  "AKIAIOSFODNN7ABCDEFG",
  "+44 20 7946 0958",
];
const TYPES = [
  "text/plain",
  "application/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=b",
  "application/xml",
  "application/octet-stream",
  "",
];
const PIECES = ['{"a":"', '"}', "[", "]", ",", "&b=", "%40", "%", "\\u0040", "<a>", "</a>", "\0"];

function content(random: Random): string {
  const parts = Array.from({ length: random(8) }, () => {
    const kind = random(4);
    if (kind === 0) return pick(random, SECRETS);
    return kind === 1 ? noise(random, 6).toString("latin1") : pick(random, PIECES);
  });
  return random(3) === 0
    ? JSON.stringify({ list: parts, a: pick(random, SECRETS) })
    : parts.join("");
}

function request(random: Random): Buffer {
  const type = pick(random, TYPES);
  const body = content(random);
  const target = `/${encodeURIComponent(pick(random, SECRETS))}?q=${encodeURIComponent(pick(random, SECRETS))}`;
  const lines = [
    `POST ${random(3) === 0 ? "/" : target} HTTP/1.1`,
    `Host: h`,
    `X-Value: ${pick(random, SECRETS)}`,
    `Cookie: a=${pick(random, SECRETS)}`,
    ...(type === "" ? [] : [`Content-Type: ${type}`]),
    ...(random(8) === 0 ? ["Content-Encoding: gzip"] : []),
    `Content-Length: ${body.length}`,
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
}

/** What stands there in plain; taken apart by other means than the product's. */
function assertClean(text: string, where: string): void {
  for (const { detector, start, end } of scan(text)) {
    const found = text.slice(start, end);
    // `\\t` before a stand-in is a tab to whoever undoes escapes, and a letter more to whoever does not.
    const isEscaped = text[start - 1] === "\\" && isStandIn(detector, found.slice(1));
    assert.ok(
      isEscaped || isStandIn(detector, found),
      `${where}: ${detector} finds ${found} in ${text}`,
    );
  }
}

/** Byte by byte: what is no UTF-8 stays what it is. */
const undoPercent = (text: string) =>
  text.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));

function assertFormClean(text: string, where: string): void {
  for (const pair of text.split("&"))
    for (const part of pair.split(/=(.*)/s))
      assertClean(undoPercent(part.replaceAll("+", " ")), where);
}

fuzz({
  name: "redaction",
  generate: request,
  run(input) {
    // Only what a decoder would hand on: a head that is valid, and all of the body that it announces.
    const head = new RequestHead();
    if (head.read(input, 0, input.length) !== 0 || head.framing === "chunked") return;
    const end = head.headEnd + (head.framing === "length" ? head.contentLength : 0);
    if (end > input.length) return;
    const text = Buffer.from(input.subarray(0, end)).toString("latin1");
    const redactor = createRedactor(policy({ preset: "strict" }), KEY);
    const outcome = redactWith(redactor, text);
    if (outcome.kind === "refused") return;
    const [line = "", ...fields] = outcome.text
      .slice(0, outcome.text.indexOf("\r\n\r\n"))
      .split("\r\n");
    const [path = "", query = ""] = (line.split(" ")[1] ?? "").split(/\?(.*)/s);
    for (const segment of path.split("/")) assertClean(undoPercent(segment), "path");
    assertFormClean(query, "query");
    for (const field of fields) {
      const name = field.slice(0, field.indexOf(":"));
      if (!/^(content-length|host)$/i.test(name))
        assertClean(field.slice(name.length + 1).trim(), name);
    }
    if (fieldOf(outcome.text, "content-encoding") !== undefined) return;
    if (/urlencoded/i.test(fieldOf(outcome.text, "content-type") ?? ""))
      assertFormClean(bodyOf(outcome.text), "form");
    else assertClean(bodyOf(outcome.text), "body");
  },
});

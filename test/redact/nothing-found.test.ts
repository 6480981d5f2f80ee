import assert from "node:assert/strict";
import { test } from "node:test";
import {
  brotliCompressSync,
  brotliDecompressSync,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import { DEFAULT_DETECTORS, type RedactionPolicy } from "../../src/model/redaction.ts";
import { isStandIn } from "../../src/redact/act/is-stand-in.ts";
import { createScan } from "../../src/redact/detect/scan.ts";
import { decodePercent } from "../../src/redact/document/percent.ts";
import { fc } from "../fuzz/property.ts";
import { bodyOf, fieldOf, type Outcome, redact, redactStreamed } from "./harness.ts";

/**
 * After redaction no detector finds anything but stand-ins, in any place of a request, whatever it is encoded in. Values are taken
 * apart here by other means than the product's: JSON.parse, URLSearchParams, regular expressions.
 */

const scan = createScan(DEFAULT_DETECTORS);
const STRICT: Partial<RedactionPolicy> = { preset: "strict" };

const SECRETS = [
  "4111 1111 1111 1111",
  "5500-0000-0000-0004",
  "378282246310005",
  "DE89370400440532013000",
  "GB29 NWBK 6016 1331 9268 19",
  "bob.smith@corp.com",
  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
  "Bearer abcdef0123456789abcdef",
  "AKIAIOSFODNN7ABCDEFG",
  "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
  "+44 20 7946 0958",
  "+4915112345678",
];

const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...SECRETS) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(" ", ",", "x", "1", "-", "/", "@", "%", ".", "=", "+", "é"),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
);
/** Secrets with text around them, and pieces of secrets that may grow together once others are replaced. */
const value = fc
  .array(piece, { maxLength: 4 })
  .chain((pieces) =>
    fc.tuple(
      fc.constant(pieces.join("")),
      fc.option(fc.nat(60)),
      fc.constantFrom("", "4", "@", " "),
    ),
  )
  .map(([text, at, added]) =>
    at === null ? text : text.slice(0, at) + added + text.slice(at + 1),
  );

function assertClean(text: string, where: string): void {
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  for (const { detector, start, end } of scan(bytes)) {
    const found = bytes.slice(start, end);
    assert.ok(isStandIn(detector, found), `${where}: ${detector} finds ${found} in ${bytes}`);
  }
}

function assertJsonClean(json: unknown): void {
  if (typeof json === "string" || typeof json === "number") assertClean(String(json), "json");
  else if (Array.isArray(json)) json.forEach(assertJsonClean);
  else if (typeof json === "object" && json !== null)
    for (const [name, member] of Object.entries(json)) {
      assertClean(name, "json name");
      assertJsonClean(member);
    }
}

function assertFormClean(text: string): void {
  for (const [name, one] of new URLSearchParams(text)) {
    assertClean(name, "form name");
    assertClean(one, "form");
  }
}

const percent = (text: string) => encodeURIComponent(text.toWellFormed());
const visible = (text: string) => text.replace(/[^\x20-\x7e]/g, "?").trim();

const CODINGS = {
  identity: [(bytes: Buffer) => bytes, (bytes: Buffer) => bytes],
  gzip: [gzipSync, gunzipSync],
  br: [brotliCompressSync, brotliDecompressSync],
  zstd: [zstdCompressSync, zstdDecompressSync],
} as const;
type Coding = keyof typeof CODINGS;

interface Body {
  readonly type: string;
  readonly text: string;
  assertClean(text: string): void;
}

const jsonBody = fc
  .record({
    a: value,
    list: fc.array(fc.oneof(value, fc.constantFrom(4111111111111111, 1, 2.5)), { maxLength: 3 }),
    deep: fc.dictionary(value, value, { maxKeys: 2 }),
  })
  .chain((json) =>
    fc.constantFrom(JSON.stringify(json), JSON.stringify(json).replace(/[@1-4]/g, escapeOf)),
  )
  .map(
    (text): Body => ({
      type: "application/json",
      text,
      assertClean: (t) => assertJsonClean(JSON.parse(t)),
    }),
  );

function escapeOf(character: string): string {
  return `\\u00${character.charCodeAt(0).toString(16)}`;
}

/** A number is a number with or without escapes, so only strings may be spelled with them. */
const soundJsonBody = jsonBody.filter(({ text }) => isJson(text));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const formBody = fc.array(fc.tuple(value, value), { maxLength: 4 }).map(
  (pairs): Body => ({
    type: "application/x-www-form-urlencoded",
    text: pairs.map(([name, one]) => `${percent(name)}=${percent(one)}`).join("&"),
    assertClean: assertFormClean,
  }),
);

const multipartBody = fc.array(fc.tuple(value, value, fc.boolean()), { maxLength: 3 }).map(
  (parts): Body => ({
    type: "multipart/form-data; boundary=AbCd",
    text: `${parts.map(([name, one, isFile]) => partOf(visible(name).replace(/["\\%]/g, ""), one, isFile)).join("")}--AbCd--\r\n`,
    assertClean: (text) => {
      for (const part of text.split("--AbCd")) assertClean(bodyOf(part), "part");
    },
  }),
);

function partOf(name: string, body: string, isFile: boolean): string {
  const file = isFile ? `; filename="${name}.txt"\r\nContent-Type: text/plain` : "";
  return `--AbCd\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${body.replaceAll("--AbCd", "")}\r\n`;
}

const textBody = value.map(
  (text): Body => ({ type: "text/plain", text, assertClean: (t) => assertClean(t, "text") }),
);

const request = fc.record({
  segments: fc.array(value, { maxLength: 3 }),
  query: fc.array(fc.tuple(value, value), { maxLength: 3 }),
  header: value,
  cookie: value,
  body: fc.oneof(soundJsonBody, formBody, multipartBody, textBody),
  coding: fc.constantFrom<Coding>("identity", "gzip", "br", "zstd"),
  isChunked: fc.boolean(),
});

type Generated = typeof request extends fc.Arbitrary<infer T> ? T : never;

function wire({ segments, query, header, cookie, body, coding, isChunked }: Generated): string {
  const path = segments.map((segment) => `/${percent(segment)}`).join("") || "/";
  const pairs = query.map(([name, one]) => `${percent(name)}=${percent(one)}`).join("&");
  const content = Buffer.from(CODINGS[coding][0](Buffer.from(body.text, "utf8")));
  const size = content.length.toString(16);
  const text = content.toString("latin1");
  const chunks = content.length === 0 ? "0\r\n\r\n" : `${size}\r\n${text}\r\n0\r\n\r\n`;
  return [
    `POST ${path}?${pairs} HTTP/1.1`,
    "Host: h",
    `X-Value: ${visible(header)}`,
    `Cookie: a=${visible(cookie).replaceAll(";", "")}; b=c`,
    `Content-Type: ${body.type}`,
    `Content-Encoding: ${coding}`,
    isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${content.length}`,
    "",
    isChunked ? chunks : text,
  ].join("\r\n");
}

function assertOutcomeClean(outcome: Outcome, { body, coding }: Generated): void {
  assert.notEqual(outcome.kind, "refused", JSON.stringify(outcome));
  if (outcome.kind === "refused") return;
  const { text } = outcome;
  const target = /^POST (\S*) /.exec(text)?.[1] ?? "";
  const [path = "", query = ""] = target.split("?");
  for (const segment of path.split("/")) assertClean(decodeURIComponent(segment), "path");
  assertFormClean(query);
  assertClean(fieldOf(text, "x-value") ?? "", "header");
  for (const pair of (fieldOf(text, "cookie") ?? "").split("; "))
    assertClean(decodePercent(pair.slice(pair.indexOf("=") + 1), false), "cookie");
  let content = Buffer.from(bodyOf(text), "latin1");
  if (fieldOf(text, "transfer-encoding") !== undefined)
    content = Buffer.from(
      /\r\n(.*)\r\n0\r\n\r\n$/s.exec(content.toString("latin1"))?.[1] ?? "",
      "latin1",
    );
  if (content.length > 0) body.assertClean(CODINGS[coding][1](content).toString("utf8"));
}

test("nothing is found in what is sent, whole or streamed", () => {
  fc.assert(
    fc.property(request, fc.array(fc.nat(300), { maxLength: 3 }), (generated, cuts) => {
      const text = wire(generated);
      const outcome = redact(STRICT, text);
      assertOutcomeClean(outcome, generated);
      const streamed = redactStreamed(STRICT, text, cuts);
      if (outcome.kind === "refused" || streamed.kind === "refused") assert.fail("refused");
      assert.equal(streamed.text, outcome.text);
    }),
    { numRuns: 300 },
  );
});

test("a request that was mutated anywhere is refused or clean", () => {
  const splice = fc.tuple(
    fc.nat(400),
    fc.constantFrom("", '"', "%", "&", "4", "\\", "@", "\0", "{"),
  );
  fc.assert(
    fc.property(soundJsonBody, splice, (body, [at, added]) => {
      const place = at % (body.text.length + 1);
      const mutated = body.text.slice(0, place) + added + body.text.slice(place + 1);
      const bytes = Buffer.from(mutated, "utf8").toString("latin1");
      const outcome = redact(
        STRICT,
        `POST / HTTP/1.1\r\nHost: h\r\nContent-Type: ${body.type}\r\nContent-Length: ${bytes.length}\r\n\r\n${bytes}`,
      );
      if (outcome.kind === "refused")
        assert.equal(isJson(mutated) && mutated !== "", false, mutated);
      else if (mutated !== "")
        body.assertClean(Buffer.from(bodyOf(outcome.text), "latin1").toString("utf8"));
    }),
    { numRuns: 300 },
  );
});

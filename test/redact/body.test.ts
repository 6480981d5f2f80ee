import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import type { RedactionPolicy, RedactionSubject } from "../../src/model/redaction.ts";
import { bodyOf, chunked, fieldOf, post, redact, sent } from "./harness.ts";

const JSON_TYPE = "application/json";
const EMAIL = "bob@corp.com";

function rules(
  subject: RedactionSubject,
  kind: "mask" | "remove" | "tokenise" | "hash" = "mask",
): Partial<RedactionPolicy> {
  return { rules: [{ subject, action: { kind } }] };
}

const refused = (reason: string) => ({ kind: "refused", reason });
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

test("JSON paths, with everything else as it was", () => {
  const body =
    '{ "user" : {"email":"a@b","n":[1, 2.50,true]} ,\t"user":{"email":"c"},"x":"\\u0041" }';
  const masked = sent(rules({ kind: "json", path: "$.user.email" }), post(JSON_TYPE, body));
  assert.equal(bodyOf(masked), body.replace("a@b", "***").replace('"c"', '"*"'));
  const removed = sent(rules({ kind: "json", path: "$.user.n" }, "remove"), post(JSON_TYPE, body));
  assert.equal(bodyOf(removed), body.replace(',"n":[1, 2.50,true]', ""));
  assert.equal(fieldOf(removed, "content-length"), String(bodyOf(removed).length));
  const below = sent(rules({ kind: "json", path: "$..n" }), post(JSON_TYPE, body));
  assert.equal(bodyOf(below), body.replace("[1, 2.50,true]", '["*", "****","****"]'));
});

test("forms, urlencoded and multipart", () => {
  const form = rules({ kind: "form", name: "pass word" });
  const urlencoded = post("application/x-www-form-urlencoded", "a=1&pass+word=s%20c&b=%7e");
  assert.equal(bodyOf(sent(form, urlencoded)), "a=1&pass+word=***&b=%7e");
  const multipart = [
    "--B",
    'Content-Disposition: form-data; name="pass word"',
    "",
    "secret",
    "--B",
    'Content-Disposition: form-data; name="j"',
    "Content-Type: application/json",
    "",
    '{"a":"bob@corp.com"}',
    "--B--",
    "",
  ].join("\r\n");
  const text = sent(
    { ...form, preset: "standard" },
    post("multipart/form-data; boundary=B", multipart),
  );
  assert.match(bodyOf(text), /\r\n\r\n\*{6}\r\n--B/);
  assert.match(bodyOf(text), /\{"a":"[a-z0-9]+@[a-z0-9]+\.invalid"\}/);
});

test("text by pattern, the first rule where two overlap", () => {
  const overrides: Partial<RedactionPolicy> = {
    rules: [
      {
        subject: { kind: "text", pattern: "<pin>[0-9]+" },
        action: { kind: "replace", value: "<pin>" },
      },
      { subject: { kind: "text", pattern: "[0-9]{2,}|secret" }, action: { kind: "mask" } },
    ],
  };
  const text = post("application/xml; charset=utf-8", "<a>12</a><pin>3456</pin>secret \u00e9");
  assert.equal(bodyOf(sent(overrides, text)), "<a>**</a><pin></pin>****** \u00e9");
});

test("strict looks into text, standard does not", () => {
  const text = post("text/plain", `write to ${EMAIL}`);
  assert.ok(sent({ preset: "standard" }, text).includes(EMAIL));
  assert.ok(!sent({ preset: "strict" }, text).includes(EMAIL));
});

test("a body as a whole", () => {
  const text = post("image/png", "\x89PNG1234", "Content-MD5: x", "Content-Encoding: gzip");
  const removed = sent(rules({ kind: "body" }, "remove"), text);
  assert.equal(bodyOf(removed), "");
  assert.equal(fieldOf(removed, "content-length"), "0");
  assert.equal(fieldOf(removed, "content-encoding"), undefined);
  assert.equal(fieldOf(removed, "content-md5"), undefined);
  assert.equal(bodyOf(sent(rules({ kind: "body" }), post("a/b", "abc"))), "***");
});

const CODINGS = {
  gzip: [gzipSync, gunzipSync],
  deflate: [deflateSync, inflateSync],
  br: [brotliCompressSync, brotliDecompressSync],
  zstd: [zstdCompressSync, zstdDecompressSync],
} as const;

for (const [name, [encode, decode]] of Object.entries(CODINGS))
  test(`${name} is undone and done again`, () => {
    const overrides = rules({ kind: "json", path: "$.a" });
    const text = post(
      JSON_TYPE,
      latin1(encode(Buffer.from('{"a":"bc","d":1}'))),
      `Content-Encoding: ${name}`,
    );
    const after = sent(overrides, text);
    const body = Buffer.from(bodyOf(after), "latin1");
    assert.equal(decode(body).toString(), '{"a":"**","d":1}');
    assert.equal(fieldOf(after, "content-length"), String(body.length));
    assert.equal(fieldOf(after, "content-encoding"), name);
    const untouched = post(
      JSON_TYPE,
      latin1(encode(Buffer.from('{"d":1}'))),
      `Content-Encoding: ${name}`,
    );
    const outcome = redact(overrides, untouched);
    assert.equal(outcome.kind === "whole" && outcome.isSame, true);
  });

test("codings in sequence, and deflate without its head", () => {
  const overrides = rules({ kind: "json", path: "$.a" });
  const twice = latin1(gzipSync(deflateRawSync(Buffer.from('{"a":"bc"}'))));
  const after = sent(
    overrides,
    post(JSON_TYPE, twice, "Content-Encoding: deflate", "Content-Encoding: gzip"),
  );
  assert.equal(
    inflateSync(gunzipSync(Buffer.from(bodyOf(after), "latin1"))).toString(),
    '{"a":"**"}',
  );
});

describe("chunked", () => {
  const overrides = rules({ kind: "json", path: "$.a" });

  test("is sent with a length when it changed", () => {
    const after = sent(overrides, chunked(JSON_TYPE, ['{"a":', '"bc"}']));
    assert.equal(fieldOf(after, "transfer-encoding"), undefined);
    assert.equal(fieldOf(after, "content-length"), "10");
    assert.equal(bodyOf(after), '{"a":"**"}');
  });

  test("stays as it is when it did not", () => {
    const outcome = redact(overrides, chunked(JSON_TYPE, ['{"b":', "1}"]));
    assert.equal(outcome.kind === "whole" && outcome.isSame, true);
  });

  test("loses trailers and extensions, which nobody looks into", () => {
    for (const text of [
      chunked(JSON_TYPE, ['{"b":1}'], `0\r\nX-Mail: ${EMAIL}\r\n\r\n`),
      chunked(JSON_TYPE, ['{"b":1}'], "0;a=b\r\n\r\n"),
    ]) {
      const after = sent({ preset: "headers" }, text);
      assert.equal(fieldOf(after, "transfer-encoding"), undefined);
      assert.equal(bodyOf(after), '{"b":1}');
    }
  });
});

test("integrity fields stay as long as the body does", () => {
  const digest = "Content-Digest: sha-256=:abc=:";
  const fields = [digest, "Content-MD5: x", "Digest: y", "Repr-Digest: z"];
  const same = sent({ preset: "standard" }, post(JSON_TYPE, '{"a":"b"}', ...fields, "Cookie: a=b"));
  for (const field of fields) assert.ok(same.includes(field), field);
  const changed = sent({ preset: "standard" }, post(JSON_TYPE, `{"a":"${EMAIL}"}`, ...fields));
  for (const field of fields) assert.ok(!changed.includes(field), field);
});

describe("fails closed", () => {
  const standard = { preset: "standard" } as const;
  const strict = { preset: "strict" } as const;
  const small = { ...standard, maxBodyBytes: 1000 };
  const bomb = latin1(gzipSync(Buffer.alloc(1_000_000, "1")));
  const deep = "[".repeat(5000) + "]".repeat(5000);
  const cases: readonly (readonly [string, Partial<RedactionPolicy>, string, string])[] = [
    ["no JSON", standard, post(JSON_TYPE, "{a:1}"), "unparsable"],
    ["JSON and more", standard, post(JSON_TYPE, "{} {}"), "unparsable"],
    ["no gzip", standard, post(JSON_TYPE, "{}", "Content-Encoding: gzip"), "unparsable"],
    [
      "unknown coding",
      standard,
      post(JSON_TYPE, "{}", "Content-Encoding: pack200"),
      "unknown_encoding",
    ],
    ["charset", standard, post("application/json; charset=utf-16", "{}"), "unknown_encoding"],
    ["a bomb", standard, post(JSON_TYPE, bomb, "Content-Encoding: gzip"), "too_large"],
    ["too long", small, post(JSON_TYPE, `"${"a".repeat(1000)}"`), "too_large"],
    ["too deep", standard, post(JSON_TYPE, deep), "too_deep"],
    ["no boundary", standard, post("multipart/form-data", "x"), "unparsable"],
    ["two types", standard, post(JSON_TYPE, "{}", "Content-Type: text/plain"), "unparsable"],
    ["no type, with findings", standard, post(undefined, EMAIL), "unknown_content"],
    ["no type, binary", standard, post(undefined, "\0\x01"), "unknown_content"],
    ["no type, strict", strict, post(undefined, "a"), "unknown_content"],
    [
      "references, strict",
      strict,
      post("text/xml", "<a>bob&#x40;corp&#46;com</a>"),
      "unknown_encoding",
    ],
    ["UTF-16, strict", strict, post("text/plain", "\xff\xfeb\0"), "unknown_encoding"],
    ["UTF-16 without a type", standard, post(undefined, "\xff\xfebb"), "unknown_content"],
    ["an image, strict", strict, post("image/png", "a"), "unknown_content"],
    ["a rule alone", rules({ kind: "json", path: "$.a" }), post(JSON_TYPE, "{"), "unparsable"],
  ];
  for (const [name, overrides, text, reason] of cases)
    test(name, () => assert.deepEqual(redact(overrides, text), refused(reason)));

  test("and lets pass what is clean", () => {
    for (const [overrides, text] of [
      [standard, post(undefined, "hello, world")],
      [standard, post(undefined, "")],
      [standard, post("image/png", "\x89PNG")],
      [strict, post("text/plain", "hello")],
      [strict, post(undefined, "")],
      [strict, post(JSON_TYPE, "")],
      [rules({ kind: "json", path: "$.a" }), post("text/plain", "{")],
    ] as const) {
      const outcome = redact(overrides, text);
      assert.equal(outcome.kind === "whole" && outcome.isSame, true, text);
    }
  });
});

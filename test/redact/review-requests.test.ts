import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RedactionPolicy, RedactionRule } from "../../src/model/redaction.ts";
import { createRedactor } from "../../src/redact/redactor.ts";
import { requestView } from "../deliver/request-view.ts";
import { bodyOf, fieldOf, KEY, policy, post, redact, sent } from "./harness.ts";

const JSON_TYPE = "application/json";
const CARD = "4111111111111111";
const standard = { preset: "standard" } as const;

const get = (target: string, ...fields: readonly string[]) =>
  `GET ${target} HTTP/1.1\r\nHost: h\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
const refused = (reason: string) => ({ kind: "refused", reason });
const mask = (subject: RedactionRule["subject"]): Partial<RedactionPolicy> => ({
  rules: [{ subject, action: { kind: "mask" } }],
});

describe("credentials", () => {
  for (const value of [
    "hunter2secret and more",
    "Token hunter2secret, user=x",
    "Digest hunter2secret realm=x",
    'Digest realm="x" hunter2secret',
    "hunter2secret user=x",
  ])
    test(`no bare word stays: ${value}`, () => {
      const after = fieldOf(
        sent({ preset: "headers" }, get("/", `Authorization: ${value}`)),
        "authorization",
      );
      assert.ok(after !== undefined && !after.includes("hunter2secret"), after);
    });

  test("AWS signatures keep their names", () => {
    const value =
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7SECRET/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=fe5f80f77d5fa3beca038a248ff027d0";
    const after = fieldOf(
      sent({ preset: "headers" }, get("/", `Authorization: ${value}`)),
      "authorization",
    );
    assert.match(
      after ?? "",
      /^AWS4-HMAC-SHA256 Credential=\S+, SignedHeaders=\S+, Signature=\S+$/,
    );
    assert.doesNotMatch(after ?? "", /SECRET|fe5f80f7/);
  });
});

describe("bodies whose type is left open", () => {
  for (const [kind, subject] of [
    ["json", { kind: "json", path: "$..name" }],
    ["form", { kind: "form", name: "name" }],
    ["text", { kind: "text", pattern: "John+" }],
  ] as const)
    for (const preset of ["off", "standard"] as const)
      test(`a ${kind} rule refuses a body without a type, preset ${preset}`, () => {
        const request = post(undefined, '{"name":"Johnny"}');
        assert.deepEqual(redact({ ...mask(subject), preset }, request), refused("unknown_content"));
        assert.equal(redact({ ...mask(subject), preset }, get("/")).kind, "whole");
      });

  test("a form without a type", () => {
    const request = post(undefined, "card=4111+1111+1111+1111");
    assert.deepEqual(redact(standard, request), refused("unknown_content"));
  });

  for (const [first, second] of [
    ["text/plain; x=y", JSON_TYPE],
    ["image/png;a=b", JSON_TYPE],
  ])
    test(`two types, ${first} and ${second}`, () => {
      const body = `{"a":"${CARD}"}`;
      const two = post(first, body, `Content-Type: ${second}`);
      assert.deepEqual(redact(standard, two), refused("unparsable"));
      const joined = post(`${first}, ${second}`, body);
      assert.deepEqual(redact(standard, joined), refused("unparsable"));
      assert.deepEqual(redact(standard, post(`${first},${second}`, body)), refused("unparsable"));
    });

  test("a second spelling of charset or boundary", () => {
    const request = post("text/plain; charset=utf-8; charset*=utf-16''x", "a");
    assert.deepEqual(redact({ preset: "strict" }, request), refused("unparsable"));
  });

  for (const type of [
    "application/x-amz-json-1.1",
    "application/x-json",
    "text/x-json",
    "application/csp-report",
  ])
    test(`${type} is JSON`, () => {
      assert.doesNotMatch(sent(standard, post(type, `{"a":"${CARD}"}`)), /4111/);
    });

  test("sequences of JSON", () => {
    const body = `\x1e{"a":1}\n\x1e{"a":"${CARD}"}\n`;
    const after = bodyOf(sent(standard, post("application/json-seq", body)));
    assert.match(after.replaceAll("\x1e", "RS"), /^RS\{"a":1\}\nRS\{"a":"400000\d{10}"\}\n$/);
  });

  test("a form with zero bytes", () => {
    const body = [...`a=${CARD}`].join("\0");
    const request = post("application/x-www-form-urlencoded", body);
    assert.deepEqual(redact(standard, request), refused("unparsable"));
  });
});

describe("heads", () => {
  test("attributes of Set-Cookie", () => {
    assert.doesNotMatch(sent(standard, get("/", `Set-Cookie: a=1; Comment=${CARD}`)), /4111/);
  });

  test("a semicolon within a cookie's quotes", () => {
    const after = fieldOf(
      sent(
        mask({ kind: "cookie", name: "a" }),
        get("/", 'Cookie: z=1; a="secret1;secret2; secret3"; b="1;2"; c="open; d=4'),
      ),
      "cookie",
    );
    assert.doesNotMatch(after ?? "", /secret/);
    assert.match(after ?? "", /^z=1; a=\*{8};\*{7};\*{9}; b="1;2"; c="open; d=4$/);
  });

  test("blanks that a removed cookie leaves at the end", () => {
    const after = sent(standard, get("/", "Cookie: a=1  ;john@example.com=2"));
    assert.equal(fieldOf(after, "cookie")?.length, "a=1".length);
  });

  test("the fields that Trailer names", () => {
    assert.doesNotMatch(sent(standard, get("/", `Trailer: Expires, ${CARD}`)), /4111/);
  });

  test("a method that holds data", () => {
    const request = `${CARD} / HTTP/1.1\r\nHost: h\r\n\r\n`;
    assert.deepEqual(redact(standard, request), refused("unparsable"));
    assert.equal(redact(standard, "PROPPATCH / HTTP/1.1\r\nHost: h\r\n\r\n").kind, "whole");
  });

  test("CONNECT to something that holds data", () => {
    const text = `CONNECT ${CARD}:443 HTTP/1.1\r\nHost: h\r\n\r\n`;
    assert.deepEqual(redact(standard, text), refused("unparsable"));
    const redactor = createRedactor(policy(standard), KEY);
    const path = (request: string) => redactor.path(requestView(Buffer.from(request, "latin1"), 0));
    assert.doesNotMatch(path(text), /4111/);
    assert.equal(path("CONNECT a.example:443 HTTP/1.1\r\nHost: h\r\n\r\n"), "a.example:443");
  });
});

describe("multipart", () => {
  const part = (type: string) =>
    post(
      "multipart/form-data; boundary=B",
      `--B\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: ${type}\r\n\r\nx\r\n--B--\r\n`,
    );

  for (const type of ["text/plain", "application/pdf"])
    test(`the name that ${type} gives a part, as mails do`, () => {
      const named = part(`${type}; name="john@example.com"`);
      assert.deepEqual(redact(standard, named), refused("unparsable"));
      const harmless = part(`${type}; name="invoice.pdf"`);
      assert.equal(sent(standard, harmless), harmless);
    });
});

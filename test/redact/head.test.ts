import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RedactionSink } from "../../src/model/redaction.ts";
import { createRedactor } from "../../src/redact/redactor.ts";
import { requestView } from "../deliver/request-view.ts";
import { explained, fieldOf, KEY, policy, redact, redactWith, sent } from "./harness.ts";

function get(target: string, ...fields: string[]): string {
  return `${[`GET ${target} HTTP/1.1`, "Host: h", ...fields].join("\r\n")}\r\n\r\n`;
}

const rule = (subject: object, action: object = { kind: "tokenise" }) =>
  ({ rules: [{ subject, action }] }) as unknown as Parameters<typeof redact>[0];

test("off hands the very same view on", () => {
  const outcome = redact({}, get("/a?email=a@b.example", "Cookie: a=b"));
  assert.equal(outcome.kind === "whole" && outcome.isSame, true);
});

test("a request that nothing concerns is handed on as it is, by every preset", () => {
  for (const preset of ["headers", "standard", "strict"] as const) {
    const outcome = redact({ preset }, get("/a/b?c=d", "Accept: */*"));
    assert.equal(outcome.kind === "whole" && outcome.isSame, true, preset);
  }
});

describe("preset headers", () => {
  const preset = "headers";

  test("a bearer token keeps its scheme, and equal tokens stay equal", () => {
    const one = fieldOf(
      sent({ preset }, get("/", "Authorization: Bearer abcdef0123456789")),
      "authorization",
    );
    const two = fieldOf(
      sent({ preset }, get("/x", "authorization: Bearer abcdef0123456789", "A: b")),
      "authorization",
    );
    assert.match(one ?? "", /^Bearer (?!abcdef0123456789)\S{16,}$/);
    assert.equal(one, two);
  });

  test("Basic stays base64 of a user and a password", () => {
    const credentials = Buffer.from("ada:s3cret:more").toString("base64");
    const value =
      fieldOf(sent({ preset }, get("/", `Authorization: Basic ${credentials}`)), "authorization") ??
      "";
    const text = Buffer.from(value.replace("Basic ", ""), "base64").toString();
    assert.match(text, /^[a-z]{3}:[a-z]\d[a-z]{4}:[a-z]{4}$/);
    assert.doesNotMatch(text, /ada|s3cret|more/);
  });

  test("of parameters the values are replaced", () => {
    const value = fieldOf(
      sent(
        { preset },
        get("/", 'Authorization: Digest username="Mufasa", nc=00000001, uri="/dir"'),
      ),
      "authorization",
    );
    assert.match(
      value ?? "",
      /^Digest username="(?!Mufasa)[A-Z][a-z]{5}", nc=(?!00000001)\d{8}, uri="\/(?!dir)[a-z]{3}"$/,
    );
  });

  test("cookies keep their names, quotes and order", () => {
    const value = fieldOf(
      sent({ preset }, get("/", 'Cookie: sid=abcdef; theme="dark";x=;flag')),
      "cookie",
    );
    assert.match(
      value ?? "",
      /^sid=(?!abcdef)[a-z]{6}; theme="(?!dark)[a-z]{4}";x=;(?!flag)[a-z]{4}$/,
    );
  });

  test("Set-Cookie keeps its attributes, API keys their shape", () => {
    const text = sent(
      { preset },
      get("/", "Set-Cookie: sid=abcdef; Path=/", "X-API-Key: k-123456"),
    );
    assert.match(fieldOf(text, "set-cookie") ?? "", /^sid=(?!abcdef)[a-z]{6}; Path=\/$/);
    assert.match(fieldOf(text, "x-api-key") ?? "", /^[a-z]-(?!123456)\d{6}$/);
  });

  test("every other byte stays, folded and empty fields included", () => {
    const text = get(
      "/a?b=c@d.example",
      "X-Fold: a\r\n b",
      "Cookie:   a=bcd \t",
      "X-Empty:",
      "Z: 1",
    );
    const before = text.split("bcd");
    const after = sent({ preset }, text);
    assert.ok(after.startsWith(before[0] ?? "") && after.endsWith(before[1] ?? ""));
    assert.equal(after.length, text.length);
  });

  test("what is remembered is what was made", () => {
    const redactor = createRedactor(policy({ preset }), KEY);
    const texts: string[] = [];
    const sink: RedactionSink = {
      whole({ bytes, start, bodyEnd }) {
        texts.push(Buffer.from(bytes.subarray(start, bodyEnd)).toString("latin1"));
      },
      refused: (reason) => assert.fail(reason),
      stream: () => assert.fail("A whole request was streamed."),
    };
    for (const cookie of ["a=one", "a=two", "a=one"]) {
      const view = requestView(get("/", `Cookie: ${cookie}`));
      redactor.redact(view, sink);
      // The ring is written over as soon as the call is over.
      view.bytes.fill(0x21);
    }
    assert.equal(texts[0], texts[2]);
    assert.notEqual(texts[0], texts[1]);
  });

  test("values that differ in one byte only are not taken for each other", () => {
    const redactor = createRedactor(policy({ preset }), KEY);
    for (const length of [60, 300, 900]) {
      const outcomes = Array.from({ length: 8 }, (_value, at) => {
        const long = `${"x".repeat(20 + at)}y${"x".repeat(length - at)}`;
        const outcome = redactWith(redactor, get("/", `Cookie: a=${long}`));
        return outcome.kind === "refused" ? outcome.reason : outcome.text;
      });
      assert.equal(new Set(outcomes).size, outcomes.length, String(length));
    }
  });
});

describe("rules about heads", () => {
  test("remove takes the field, the cookie, the pair or the segment", () => {
    const remove = { kind: "remove" };
    assert.doesNotMatch(
      sent(rule({ kind: "header", name: "X-User" }, remove), get("/", "x-user: ada", "B: c")),
      /x-user/i,
    );
    const cookies = get("/", "Cookie: a=1; sid=2; c=3");
    assert.equal(
      fieldOf(sent(rule({ kind: "cookie", name: "sid" }, remove), cookies), "cookie"),
      "a=1; c=3",
    );
    assert.equal(
      fieldOf(
        sent(rule({ kind: "cookie", name: "sid" }, remove), get("/", "Cookie: sid=2")),
        "cookie",
      ),
      undefined,
    );
    assert.match(
      sent(rule({ kind: "query", name: "t k" }, remove), get("/a?x=1&t+k=2&y")),
      /^GET \/a\?x=1&y HTTP/,
    );
    assert.match(sent(rule({ kind: "query", name: "t" }, remove), get("/a?t=2")), /^GET \/a HTTP/);
    const path = { kind: "path", template: "/users/{id}", name: "id" };
    assert.match(
      sent(rule(path, remove), get("/users/42/orders?a=b")),
      /^GET \/users\/orders\?a=b HTTP/,
    );
  });

  test("mask, hash and replace", () => {
    const subject = { kind: "query", name: "q" };
    assert.match(
      sent(rule(subject, { kind: "mask" }), get("/?q=a%20b&r=1")),
      /^GET \/\?q=\*\*\*&r=1 HTTP/,
    );
    assert.match(
      sent(rule(subject, { kind: "hash" }), get("/?q=abc")),
      /^GET \/\?q=[0-9a-f]{16} HTTP/,
    );
    assert.match(
      sent(rule(subject, { kind: "replace", value: "a&\u00e9" }), get("/?q=abc")),
      /^GET \/\?q=a%26%C3%A9 HTTP/,
    );
  });

  test("the first rule decides, and a rule before the preset", () => {
    const header = { kind: "header", name: "authorization" };
    const text = sent(
      {
        preset: "headers",
        rules: [
          { subject: header as never, action: { kind: "replace", value: "one" } },
          { subject: header as never, action: { kind: "remove" } },
        ],
      },
      get("/", "Authorization: Bearer abcdefgh"),
    );
    assert.equal(fieldOf(text, "authorization"), "one");
  });

  test("a path that is spelled oddly is the same path", () => {
    const path = rule({ kind: "path", template: "/users/{id}/x", name: "id" }, { kind: "mask" });
    for (const target of [
      "/users/42/x",
      "//users/./42//x",
      "/a/../users/42/x",
      "/%75sers/42/x/y",
      "http://h/users/42/x",
    ])
      assert.match(sent(path, get(target)), /\/\*\*\/+x/, target);
    for (const target of ["/user/42/x", "/users/42", "/users/42/y"])
      assert.doesNotMatch(sent(path, get(target)), /\*/, target);
  });

  test("a replacement cannot break out of a cookie or a field", () => {
    const cookie = rule({ kind: "cookie", name: "a" }, { kind: "replace", value: 'x; b="y"' });
    assert.equal(fieldOf(sent(cookie, get("/", "Cookie: a=1")), "cookie"), "a=x%3B%20b=%22y%22");
  });
});

describe("preset standard", () => {
  const preset = "standard";

  test("looks into path, query, cookies and other headers, encodings undone", () => {
    const text = sent(
      { preset },
      get(
        "/u/bob%40corp.com?q=bob@corp.com&u=https%3A%2F%2Fx%2F%3Fe%3Dbob%2540corp.com",
        "Referer: https://h/?e=bob%40corp.com",
        "From: bob@corp.com",
      ),
    );
    assert.doesNotMatch(text, /corp\.com/);
    assert.equal([...text.matchAll(/\.invalid/g)].length, 5);
  });

  test("equal values have equal stand-ins wherever they stand", () => {
    const text = sent({ preset }, get("/?e=bob%40corp.com", "From: bob@corp.com"));
    const stand = fieldOf(text, "from") ?? "";
    assert.ok(text.includes(`?e=${encodeURIComponent(stand)} `), text);
  });

  test("a secret that only its name gives away, and a phone number whose plus is a space", () => {
    assert.doesNotMatch(sent({ preset }, get("/?api_key=a1B2c3D4e5F6g7H8")), /a1B2c3D4e5F6g7H8/);
    assert.doesNotMatch(sent({ preset }, get("/?p=+442079460958")), /442079460958/);
  });

  test("a field whose name is data goes", () => {
    assert.doesNotMatch(sent({ preset }, get("/", "4111111111111111: a")), /4111/);
  });

  test("something found in Content-Type cannot be sent", () => {
    const text = get("/", "Content-Type: text/plain; name=bob@corp.com");
    assert.deepEqual(redact({ preset }, text), { kind: "refused", reason: "unparsable" });
  });
});

test("a head that becomes too long is refused", () => {
  const overrides = rule(
    { kind: "header", name: "a" },
    { kind: "replace", value: "x".repeat(70_000) },
  );
  assert.deepEqual(redact(overrides, get("/", "a: 1")), {
    kind: "refused",
    reason: "head_too_large",
  });
});

test("the path for lines has no query and nothing that detectors find", () => {
  const redactor = createRedactor(policy({ preset: "standard" }), KEY);
  const path = (target: string) => redactor.path(requestView(get(target))) as string;
  assert.equal(path("/a/b?email=a@b.example"), "/a/b");
  assert.match(path("/a/bob%40corp.com/c"), /^\/a\/[a-z0-9]+%40[a-z0-9]+\.invalid\/c$/);
  assert.equal(path("*"), "*");
  const off = createRedactor(policy(), KEY);
  assert.equal(off.path(requestView(get("/a/bob@corp.com?x"))), "/a/bob@corp.com");
});

test("what is told of a replacement holds nothing of the value", () => {
  const text = get("/?bob%40corp.com=4111111111111111", "Cookie: a=bcd", "X-Who: ada@corp.com");
  const told = explained({ preset: "standard" }, text);
  assert.deepEqual(
    told.map(({ place, by, action }) => `${place} | ${by} | ${action}`),
    [
      "cookie a | preset headers | tokenise",
      "header x-who | detector email | tokenise",
      "query | detector email | tokenise",
      "query ************ | detector card | tokenise",
    ],
  );
  assert.doesNotMatch(JSON.stringify(told), /corp|4111|bcd/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { post, redact } from "./harness.ts";

/** Inputs that take quadratic time where anything does: each takes minutes then, and a moment otherwise. */
const HEAD = 60_000;
const BODY = 2_000_000;

const inputs: readonly (readonly [string, string])[] = [
  ["blanks in a cookie", `GET / HTTP/1.1\r\nHost: h\r\nCookie: a${" ".repeat(HEAD)}b\r\n\r\n`],
  ["cookies", `GET / HTTP/1.1\r\nHost: h\r\nCookie: ${"a=b;".repeat(HEAD / 4)}\r\n\r\n`],
  ["parameters", `GET / HTTP/1.1\r\nHost: h\r\nAuthorization: A ${'a="'.repeat(HEAD / 3)}\r\n\r\n`],
  ["segments", `GET ${"/%2e".repeat(HEAD / 4)} HTTP/1.1\r\nHost: h\r\n\r\n`],
  ["pairs", `GET /?${"a&".repeat(HEAD / 2)} HTTP/1.1\r\nHost: h\r\n\r\n`],
  ["a long piece before a percent sign", post("application/json", `"${"a".repeat(BODY)} %"`)],
  ["percent signs", post("application/json", `"${"%41".repeat(BODY / 3)}"`)],
  ["percent signs in percent signs", post("text/plain", "%2525".repeat(BODY / 5))],
  ["references", post("text/xml", "&#0".repeat(BODY / 3))],
];

for (const [name, text] of inputs)
  test(`${name} take linear time`, { timeout: 20_000 }, () => {
    const started = performance.now();
    const outcome = redact({ preset: "strict", maxBodyBytes: 2 * BODY }, text);
    if (outcome.kind === "refused") assert.equal(outcome.reason, "unparsable");
    assert.ok(performance.now() - started < 5_000);
  });

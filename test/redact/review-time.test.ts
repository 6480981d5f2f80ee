import assert from "node:assert/strict";
import { test } from "node:test";
import type { RedactionPolicy, RedactionRule } from "../../src/model/redaction.ts";
import { post, redact } from "./harness.ts";

const MEBIBYTE = 1024 * 1024;
/** Far above what it takes on a slow machine, far below what it took. */
const MAX_MS = 5_000;

const tokenise = (subject: RedactionRule["subject"]): Partial<RedactionPolicy> => ({
  maxBodyBytes: MEBIBYTE,
  rules: [{ subject, action: { kind: "tokenise" } }],
});

function assertQuick(overrides: Partial<RedactionPolicy>, request: string, kind: string): void {
  const began = performance.now();
  assert.equal(redact(overrides, request).kind, kind);
  assert.ok(performance.now() - began < MAX_MS);
}

test("many values deep down do not cost the depth each", () => {
  const rules = Array.from({ length: 10 }, (_, i) => ({
    subject: { kind: "json", path: `$..a..b${i}` } as const,
    action: { kind: "mask" } as const,
  }));
  const deep = (values: string) => `${"[".repeat(250)}${values}${"]".repeat(250)}`;
  const overrides = { maxBodyBytes: MEBIBYTE, rules };
  assertQuick(overrides, post("application/json", deep(`${"1,".repeat(500_000)}1`)), "whole");
  assertQuick(overrides, post("application/json", deep(`${"[1],".repeat(250_000)}1`)), "whole");
});

test("a long value whose stand-ins look real by chance", () => {
  const body = `a=${"12345678 ".repeat(100_000)}`;
  const form = "application/x-www-form-urlencoded";
  assertQuick(tokenise({ kind: "form", name: "a" }), post(form, body), "whole");
});

test("a pattern that looks far ahead and matches little is given up", () => {
  const overrides = tokenise({ kind: "text", pattern: "a[^b]*b|a" });
  assertQuick(overrides, post("text/plain", "a".repeat(32_768)), "refused");
});

test("escapes and look-alikes without end", () => {
  for (const piece of ["\\u0034", "\\\\", "\xc2\xa0", "\xef\xbc\x94", "4\\n", "1+"])
    assertQuick(
      { preset: "strict", maxBodyBytes: MEBIBYTE },
      post("text/plain", piece.repeat(Math.floor(MEBIBYTE / piece.length))),
      "whole",
    );
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RedactionPolicy, RedactionRule } from "../../src/model/redaction.ts";
import { redactionFault, redactionRuleFault } from "../../src/redact/policy/fault.ts";
import { policyHash } from "../../src/redact/policy/hash.ts";
import { createRedactor } from "../../src/redact/redactor.ts";
import { KEY, policy } from "./harness.ts";

const mask = { kind: "mask" } as const;

describe("faults of rules", () => {
  const cases: readonly (readonly [RedactionRule, RegExp])[] = [
    [{ subject: { kind: "header", name: "a b" }, action: mask }, /not the name of a header/],
    [
      { subject: { kind: "header", name: "Content-Type" }, action: mask },
      /says how the request is read/,
    ],
    [{ subject: { kind: "cookie", name: "" }, action: mask }, /not the name of a cookie/],
    [{ subject: { kind: "query", name: "" }, action: mask }, /is empty/],
    [
      { subject: { kind: "path", template: "users/{id}", name: "id" }, action: mask },
      /does not begin with/,
    ],
    [
      { subject: { kind: "path", template: "/users/{id}", name: "x" }, action: mask },
      /has no segment \{x\}/,
    ],
    [{ subject: { kind: "path", template: "/a/{x}/{x}", name: "x" }, action: mask }, /comes twice/],
    [{ subject: { kind: "path", template: "/a/b{x}", name: "x" }, action: mask }, /whole segments/],
    [{ subject: { kind: "json", path: "user" }, action: mask }, /character 1/],
    [{ subject: { kind: "text", pattern: "(a" }, action: mask }, /missing closing \)/],
    [{ subject: { kind: "text", pattern: "a*" }, action: mask }, /matches the empty text/],
    [{ subject: { kind: "text", pattern: "\u00e9" }, action: mask }, /beyond ASCII/],
    [{ subject: { kind: "text", pattern: "(a{20}){20}" }, action: mask }, /instructions/],
    [
      { subject: { kind: "header", name: "a" }, action: { kind: "replace", value: "a\nb" } },
      /control character/,
    ],
  ];
  for (const [rule, message] of cases)
    test(JSON.stringify(rule), () => {
      assert.match(redactionRuleFault(rule) ?? "", message);
      const faulty = policy({ rules: [{ subject: { kind: "body" }, action: mask }, rule] });
      assert.equal(redactionFault(faulty)?.rule, 1);
      assert.throws(() => createRedactor(faulty, KEY), RangeError);
    });
});

test("faults of policies", () => {
  const faults: readonly (readonly [Partial<Record<keyof RedactionPolicy, unknown>>, RegExp])[] = [
    [{ preset: "most" }, /not one of off, headers/],
    [{ detectors: ["iris"] }, /no detector "iris"/],
    [{ maxBodyBytes: 0 }, /whole number above 0/],
    [{ detected: { kind: "replace", value: "a@b.example" } }, /detector email/],
    [{ detected: { kind: "replace", value: "a\r\nb" } }, /control character/],
  ];
  for (const [overrides, message] of faults)
    assert.match(
      redactionFault(policy(overrides as Partial<RedactionPolicy>))?.message ?? "",
      message,
    );
  assert.equal(redactionFault(policy()), undefined);
});

test("a policy's hash is that of what it means", () => {
  const standard = policy({ preset: "standard" });
  assert.match(policyHash(standard), /^[0-9a-f]{16}$/);
  assert.equal(policyHash(standard), policyHash({ ...standard, detectors: ["card"] }));
  const named = (name: string) =>
    policyHash(policy({ rules: [{ subject: { kind: "header", name }, action: mask }] }));
  assert.equal(named("X-A"), named("x-a"));
  const others = [
    policy({ preset: "strict" }),
    policy({ preset: "standard", detectors: ["us_ssn"] }),
    policy({ preset: "standard", maxBodyBytes: 1 }),
    policy({ preset: "standard", detected: { kind: "remove" } }),
    policy({ preset: "standard", rules: [{ subject: { kind: "body" }, action: mask }] }),
    standard,
  ];
  assert.equal(new Set(others.map(policyHash)).size, others.length);
  const [one, other] = [KEY, Buffer.from("another key, also for tests")].map(
    (key) => createRedactor(standard, key).policyHash,
  );
  assert.equal(one, other);
});

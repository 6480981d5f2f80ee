import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  parseRedactionFlags,
  parseRedactionRule,
} from "../../../src/agent/config/parse-redaction.ts";
import { ShadowtapError } from "../../../src/model/errors.ts";

describe("rules as flags", () => {
  const cases: readonly (readonly [string, unknown, unknown])[] = [
    ["header:x-user=mask", { kind: "header", name: "x-user" }, { kind: "mask" }],
    ["cookie:sid=tokenise", { kind: "cookie", name: "sid" }, { kind: "tokenise" }],
    ["query:a=b=remove", { kind: "query", name: "a=b" }, { kind: "remove" }],
    ["form:p=replace:x=mask", { kind: "form", name: "p" }, { kind: "replace", value: "x=mask" }],
    ["form:p=replace:", { kind: "form", name: "p" }, { kind: "replace", value: "" }],
    ["json:$.user.email=hash", { kind: "json", path: "$.user.email" }, { kind: "hash" }],
    [
      "path:/users/{id}=mask",
      { kind: "path", template: "/users/{id}", name: "id" },
      { kind: "mask" },
    ],
    [
      "path:/u/{id}/x/{y}#y=mask",
      { kind: "path", template: "/u/{id}/x/{y}", name: "y" },
      { kind: "mask" },
    ],
    ["text:id=[0-9]+=mask", { kind: "text", pattern: "id=[0-9]+" }, { kind: "mask" }],
    ["body=remove", { kind: "body" }, { kind: "remove" }],
  ];
  for (const [flag, subject, action] of cases)
    test(flag, () => assert.deepEqual(parseRedactionRule(flag), { subject, action }));

  const refused: readonly (readonly [string, RegExp])[] = [
    ["header:x-user", /does not say what to do/],
    ["header:x-user=tokenize", /does not say what to do/],
    ["=mask", /does not say what to do/],
    ["headers:x=mask", /no subject that is known/],
    ["header:=mask", /no subject that is known/],
    ["path:/u/{id}/x/{y}=mask", /does not say which segment/],
    ["path:/u/{id}#x=mask", /has no segment \{x\}/],
    ["json:user=mask", /not a JSON path/],
    ["text:(=mask", /not a pattern/],
    ["header:content-length=remove", /says how the request is read/],
  ];
  for (const [flag, message] of refused)
    test(flag, () =>
      assert.throws(
        () => parseRedactionRule(flag),
        (error) =>
          error instanceof ShadowtapError &&
          error.code === "ST_USAGE" &&
          error.hints.length > 0 &&
          message.test(error.message),
      ),
    );
});

test("a policy from flags", () => {
  const policy = parseRedactionFlags(
    { redact: "strict", "redact-rule": "body=mask\nquery:a=hash" },
    "off",
  );
  assert.equal(policy.preset, "strict");
  assert.equal(policy.rules.length, 2);
  assert.equal(parseRedactionFlags({}, "headers").preset, "headers");
  const detecting = parseRedactionFlags({ "redact-detect": ["us_ssn", "us_ssn de_tax_id"] }, "off");
  assert.deepEqual(detecting.detectors, ["us_ssn", "de_tax_id"]);
  assert.throws(() => parseRedactionFlags({ "redact-detect": ["ssn"] }, "off"), /no detector/);
  assert.throws(() => parseRedactionFlags({ redact: "all" }, "off"), /not one of off, headers/);
});

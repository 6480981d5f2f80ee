import assert from "node:assert/strict";
import { test } from "node:test";
import { matchText } from "../../src/agent/match-text.ts";
import type { Match } from "../../src/model/rule.ts";

const cases: readonly [text: string, match: Match][] = [
  ["method GET", { kind: "method", value: "GET" }],
  ["path /api/*", { kind: "path", test: { kind: "glob", value: "/api/*" } }],
  ["path /users/{id}", { kind: "path", test: { kind: "template", value: "/users/{id}" } }],
  ["path is /a", { kind: "path", test: { kind: "exact", value: "/a" } }],
  ["path below /a", { kind: "path", test: { kind: "prefix", value: "/a" } }],
  ["path matches /a+", { kind: "path", test: { kind: "regex", value: "/a+" } }],
  ["host example.com", { kind: "host", test: { kind: "exact", value: "example.com" } }],
  ["host *.example.com", { kind: "host", test: { kind: "suffix", value: "example.com" } }],
  ["host matches .*\\.test", { kind: "host", test: { kind: "regex", value: ".*\\.test" } }],
  [
    "header x-user-id is 42",
    { kind: "header", name: "x-user-id", test: { kind: "exact", value: "42" } },
  ],
  ["query q begins a", { kind: "query", name: "q", test: { kind: "prefix", value: "a" } }],
  ["cookie s matches a|b", { kind: "cookie", name: "s", test: { kind: "regex", value: "a|b" } }],
  ["header x present", { kind: "header", name: "x", test: { kind: "present" } }],
  ["header x absent", { kind: "header", name: "x", test: { kind: "absent" } }],
  ["content type text/*", { kind: "content_type", value: "text/*" }],
  ["body of 1 to 9 bytes", { kind: "body_size", minBytes: 1, maxBytes: 9 }],
  ["body of 1 to any number of bytes", { kind: "body_size", minBytes: 1, maxBytes: undefined }],
  ['begins "\\u0001GET"', { kind: "prefix", value: "\u0001GET" }],
];

for (const [text, match] of cases) test(text, () => assert.equal(matchText(match), text));

test("matches in matches can be told apart", () => {
  const [get, post] = ["GET", "POST"].map((value): Match => ({ kind: "method", value }));
  assert.ok(get !== undefined && post !== undefined);
  const either: Match = { kind: "any", of: [get, post] };
  const all: Match = { kind: "all", of: [either, { kind: "not", of: get }] };
  assert.equal(matchText(all), "any of (method GET; method POST), not (method GET)");
});

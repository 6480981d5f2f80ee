import assert from "node:assert/strict";
import { test } from "node:test";
import type { Match } from "../../../src/model/rule.ts";
import { clausesOf } from "../../../src/select/kernel/clauses.ts";
import type { Condition } from "../../../src/select/kernel/condition.ts";
import { regexPrefix } from "../../../src/select/kernel/regex-prefix.ts";

const path = (value: string): Match => ({ kind: "path", test: { kind: "prefix", value } });
const pathCondition = (value: string): Condition => ({
  kind: "path",
  parts: [{ kind: "literal", value }],
  end: "segment",
});
const post: Match = { kind: "method", value: "POST" };
const unknown: Match = { kind: "body_size", minBytes: 1, maxBytes: undefined };
const absent: Match = { kind: "header", name: "x-a", test: { kind: "absent" } };
const present: Condition = { kind: "header", name: "x-a", value: "", end: "open" };

test("all parts of a match are necessary, and of any the best clause of each", () => {
  const cases: readonly (readonly [Match, readonly (readonly Condition[])[]])[] = [
    [{ kind: "all", of: [post, path("/a")] }, [[{ ...post }], [pathCondition("/a")]]],
    [{ kind: "all", of: [post, unknown] }, [[{ ...post }]]],
    [{ kind: "any", of: [path("/a"), path("/b")] }, [[pathCondition("/a"), pathCondition("/b")]]],
    [{ kind: "any", of: [path("/a"), unknown] }, []],
    [{ kind: "any", of: [] }, [[]]],
    [{ kind: "all", of: [] }, []],
    [
      { kind: "any", of: [{ kind: "all", of: [post, path("/long")] }, path("/b")] },
      [[pathCondition("/long"), pathCondition("/b")]],
    ],
    [{ kind: "not", of: post }, []],
    [{ kind: "not", of: { kind: "not", of: post } }, [[{ ...post }]]],
    [{ kind: "not", of: absent }, [[present]]],
    [{ kind: "not", of: { kind: "any", of: [absent, post] } }, [[present]]],
    [{ kind: "not", of: { kind: "all", of: [absent, post] } }, []],
    [{ kind: "not", of: { kind: "all", of: [absent, absent] } }, [[present, present]]],
  ];
  for (const [match, expected] of cases)
    assert.deepEqual(clausesOf(match), expected, JSON.stringify(match));
});

test("what nearly every request has is no clause", () => {
  const nothing: readonly Match[] = [
    path("/"),
    path(""),
    path("a"),
    { kind: "path", test: { kind: "glob", value: "*.js" } },
    { kind: "path", test: { kind: "regex", value: ".*/a" } },
    { kind: "path", test: { kind: "regex", value: "/a|/b" } },
    { kind: "path", test: { kind: "exact", value: "/\u0100" } },
    { kind: "host", test: { kind: "regex", value: ".*" } },
    { kind: "header", name: "a b", test: { kind: "present" } },
    { kind: "cookie", name: "", test: { kind: "present" } },
    absent,
    unknown,
    { kind: "any", of: Array.from({ length: 300 }, (_, i) => path(`/${i}`)) },
  ];
  for (const match of nothing) assert.deepEqual(clausesOf(match), [], JSON.stringify(match));
});

test("of the first bytes only those before the very end of the head are looked at", () => {
  const head = "GET / HTTP/1.1\r\nA: b\r\n\r";
  assert.deepEqual(clausesOf({ kind: "prefix", value: `${head}\nbody` }), [
    [{ kind: "start", value: head }],
  ]);
});

test("deep nesting is left to user space", () => {
  let match: Match = post;
  for (let depth = 0; depth < 1000; depth++) match = { kind: "all", of: [match] };
  assert.deepEqual(clausesOf(match), []);
});

test("a regular expression begins with what it must begin with", () => {
  const cases: readonly (readonly [expression: string, prefix: string])[] = [
    ["/api/.*", "/api/"],
    ["^/api/v[12]", "/api/v"],
    ["/a\\.b\\/c\\d", "/a.b/c"],
    ["/ab?c", "/a"],
    ["/ab*c", "/a"],
    ["/ab{0,1}", "/a"],
    ["/ab+c", "/ab"],
    ["/a(b|c)", "/a"],
    ["/a|/b", ""],
    ["(/a)|/b", ""],
    ["/a[|]b", "/a"],
    ["/a[]|]b", "/a"],
    ["/a[[:alpha:]|]", "/a"],
    ["/a[^]]|/b", ""],
    ["/a\\|b", "/a|b"],
    ["\\Qa|b\\E", ""],
    ["a\\Qb", ""],
    ["(?i)/api", ""],
    ["/api(?i)/x", "/api"],
    ["^*a", ""],
    ["$", ""],
    ["\\", ""],
    ["é", ""],
    ["", ""],
  ];
  for (const [expression, prefix] of cases)
    assert.equal(regexPrefix(expression), prefix, expression);
});

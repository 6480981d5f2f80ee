import assert from "node:assert/strict";
import { test } from "node:test";
import type { Match } from "../../../src/model/rule.ts";
import { cidrText } from "../../../src/select/kernel/describe-origin.ts";
import { explainRules } from "../../../src/select/kernel/explain.ts";
import { ruleWith, setOf, setOfMatches } from "./rules.ts";

const mapped = (low: string) => `${"0".repeat(20)}ffff${low}`;

test("tells what of a rule runs where", () => {
  const rule = ruleWith({
    name: "canary",
    from: {
      ports: [
        { first: 80, last: 80 },
        { first: 8000, last: 8100 },
      ],
      local: [],
      exceptLocal: [],
      remote: [{ address: mapped("0a000000"), bits: 104 }],
      exceptRemote: [{ address: mapped("0a010000"), bits: 112 }],
      uids: [33],
      cgroups: [{ id: "4711", level: 2 }],
    },
    match: {
      kind: "all",
      of: [
        { kind: "path", test: { kind: "regex", value: "/api/v\\d+/.*" } },
        { kind: "header", name: "x-user-id", test: { kind: "exact", value: "42" } },
        { kind: "not", of: { kind: "method", value: "POST" } },
        { kind: "body_size", minBytes: 1, maxBytes: 10 },
      ],
    },
    methods: ["GET", "HEAD"],
    share: 0.000001,
    budget: { requestsPerSecond: 100, bytesPerSecond: undefined, inFlight: 8 },
    count: 5,
  });
  assert.deepEqual(explainRules(setOf(rule)), [
    {
      rule: "canary",
      connections: [
        "port 80, 8000-8100",
        "remote address in 10.0.0.0/8",
        "remote address not in 10.1.0.0/16",
        "owned by user 33",
        "in cgroup 4711",
      ],
      kernel: [
        'path begins "/api/v" (or a target that does not begin with /)',
        'header x-user-id is "42"',
      ],
      leftOut: [],
      userSpace: [
        "not method POST",
        "body of 1 to 10 bytes",
        "only GET, HEAD mirrored, others held back",
        "at most 100 requests per second",
        "at most 8 requests in flight",
        "at most 5 requests delivered",
      ],
      match:
        'path matches "/api/v\\\\d+/.*" and header x-user-id is "42" and not method POST and body of 1 to 10 bytes',
      sample:
        "0.0001 % of requests, drawn in the kernel where it can tell the request's end, else in user space",
    },
  ]);
});

test("says what is left out, and why", () => {
  const names = ["a", "b", "c", "d", "e"];
  const present = (name: string): Match => ({ kind: "header", name, test: { kind: "present" } });
  const [rule] = explainRules(setOfMatches({ kind: "all", of: names.map(present) }));
  assert.equal(rule?.kernel.length, 4);
  assert.deepEqual(rule?.leftOut, [
    "header e present: the kernel looks for 4 conditions of a rule at most",
  ]);
  assert.deepEqual(rule?.userSpace, ["header e present"]);

  const [huge] = explainRules(setOfMatches(present("x".repeat(2000))));
  assert.deepEqual(huge?.kernel, []);
  assert.match(huge?.leftOut[0] ?? "", /no room for it$/);
  assert.equal(huge?.userSpace.length, 1);
});

test("says what is compared in less detail", () => {
  const values = Array.from({ length: 64 }, (_, i) => `${(i * 7919) % 997}-${"y".repeat(60)}`);
  const all = explainRules(
    setOfMatches(
      ...values.map(
        (value): Match => ({ kind: "header", name: "x", test: { kind: "exact", value } }),
      ),
    ),
  );
  for (const { kernel } of all) assert.match(kernel[0] ?? "", /^header x begins "\d+-?y{0,16}"$/);

  const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  const [odd] = explainRules(
    setOfMatches(
      ...Array.from({ length: 8 }, (_, i): Match => {
        const value = bytes.slice(i * 32, i * 32 + 32);
        return { kind: "header", name: "x", test: { kind: "prefix", value } };
      }).toReversed(),
    ),
  );
  assert.match(odd?.kernel[0] ?? "", /\(some characters are not told apart\)$/);
});

test("every kind of condition has words", () => {
  const matches: readonly (readonly [Match, string])[] = [
    [{ kind: "method", value: "PUT" }, "method PUT"],
    [
      { kind: "path", test: { kind: "template", value: "/u/{id}/o" } },
      'path is "/u/{}/o" (or a target that does not begin with /)',
    ],
    [
      { kind: "path", test: { kind: "prefix", value: "/u" } },
      'path is "/u" or below (or a target that does not begin with /)',
    ],
    [
      { kind: "host", test: { kind: "suffix", value: "a.b" } },
      'host is "*.a.b", in any case (or a target that does not begin with /)',
    ],
    [{ kind: "cookie", name: "c", test: { kind: "prefix", value: "1" } }, 'cookie c begins "1"'],
    [
      { kind: "query", name: "q", test: { kind: "present" } },
      "query q present (or any query with % or +)",
    ],
    [{ kind: "content_type", value: "text/*" }, 'content type begins "text/", in any case'],
    [{ kind: "prefix", value: "GET /a" }, 'first bytes "GET /a"'],
    [
      {
        kind: "any",
        of: [
          { kind: "method", value: "PUT" },
          { kind: "prefix", value: "GET" },
        ],
      },
      'method PUT or first bytes "GET"',
    ],
    [{ kind: "any", of: [] }, "nothing, because no request can match"],
  ];
  const explained = explainRules(setOfMatches(...matches.map(([match]) => match)));
  for (const [i, [, text]] of matches.entries()) assert.deepEqual(explained[i]?.kernel, [text]);
});

test("says how a share is drawn", () => {
  const sample = (given: Parameters<typeof ruleWith>[0]) =>
    explainRules(setOf(ruleWith(given)))[0]?.sample;
  assert.equal(sample({}), "100 %, nothing is drawn");
  assert.equal(
    sample({ share: 0.5, sampleBy: { kind: "client" } }),
    "50 % by client, drawn in the kernel",
  );
  assert.equal(
    sample({ share: 0.5, sampleBy: { kind: "cookie", name: "sid" } }),
    "50 % by cookie sid, drawn in user space, because the kernel does not read its value",
  );
});

test("networks are written as usual", () => {
  assert.equal(cidrText({ address: mapped("7f000001"), bits: 128 }), "127.0.0.1/32");
  assert.equal(cidrText({ address: mapped("00000000"), bits: 96 }), "0.0.0.0/0");
  assert.equal(cidrText({ address: "0".repeat(32), bits: 0 }), "::/0");
  assert.equal(cidrText({ address: `20010db8${"0".repeat(24)}`, bits: 32 }), "2001:db8::/32");
});

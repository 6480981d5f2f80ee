import assert from "node:assert/strict";
import { test } from "node:test";
import type { Match } from "../../../src/model/rule.ts";
import { compileKernelRules } from "../../../src/select/kernel/compile.ts";
import { ascii, setOfMatches } from "./rules.ts";
import { runScan } from "./run-scan.ts";

/** Whether the kernel holds the request back, asked of one rule. */
function isHeldBack(match: Match, text: string): boolean {
  const { scan } = compileKernelRules(setOfMatches(match));
  const bytes = ascii(text);
  const { decided, rules } = runScan(scan, bytes, bytes.length);
  assert.ok(decided, text);
  return (rules & 1n) === 0n;
}

const request = (line: string, ...fields: readonly string[]) =>
  `${line} HTTP/1.1\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;

const curl = ["Host: shop.example.com:8080", "User-Agent: curl/8.5.0", "Accept: */*"];

/** A rule, a request that it may match, and requests that it cannot match. */
const CASES: readonly (readonly [Match, taken: string, ...others: string[]])[] = [
  [
    { kind: "header", name: "x-user-id", test: { kind: "exact", value: "42" } },
    request("GET /", ...curl, "X-User-Id: 42"),
    request("GET /", ...curl),
    request("GET /", ...curl, "X-User-Id: 421"),
    request("GET /", ...curl, "X-User-Id: 4"),
    request("GET /", ...curl, "X-User-Idx: 42", "Y-User-Id: 42"),
    request("GET /x-user-id:42", ...curl, "A: x-user-id: 42"),
  ],
  [
    { kind: "header", name: "content-length", test: { kind: "exact", value: "5" } },
    request("POST /", "Content-Length:  5 "),
    request("POST /", "Content-Length: 55"),
    request("POST /", "Content-Length: 4"),
  ],
  [
    { kind: "header", name: "x-tenant", test: { kind: "prefix", value: "acme-" } },
    request("GET /", "x-tenant:acme-1"),
    request("GET /", "x-tenant: acme"),
    request("GET /", "x-tenant: Acme-1"),
  ],
  [
    { kind: "header", name: "x-debug", test: { kind: "present" } },
    request("GET /", ...curl, "X-DEBUG:"),
    request("GET /", ...curl),
  ],
  [
    { kind: "not", of: { kind: "header", name: "x-debug", test: { kind: "absent" } } },
    request("GET /", ...curl, "X-DEBUG:"),
    request("GET /", ...curl),
  ],
  [
    { kind: "path", test: { kind: "prefix", value: "/api" } },
    request("GET /api/users?id=1", ...curl),
    request("GET /", ...curl),
    request("GET /apiary", ...curl),
    request("GET /v1/api", ...curl),
  ],
  [
    { kind: "path", test: { kind: "exact", value: "/api" } },
    request("GET /api?a", ...curl),
    request("GET /api/", ...curl),
    request("GET /ap", ...curl),
  ],
  [
    { kind: "path", test: { kind: "template", value: "/users/{id}/orders" } },
    request("GET /users/7/orders", ...curl),
    request("GET /users/7", ...curl),
    request("GET /users//orders", ...curl),
    request("GET /users/7/orders/8", ...curl),
    request("GET /users/7/items?/orders", ...curl),
  ],
  [
    { kind: "path", test: { kind: "glob", value: "/static/v?/*.js" } },
    request("GET /static/v1/a.js", ...curl),
    request("GET /static/v10/a.js", ...curl),
    request("GET /", ...curl),
  ],
  [
    { kind: "path", test: { kind: "regex", value: "^/api/v[12]/.*" } },
    request("GET /api/v1/users", ...curl),
    request("GET /web/v1/users", ...curl),
  ],
  [
    { kind: "host", test: { kind: "exact", value: "shop.example.com" } },
    request("GET /", ...curl),
    request("GET /", "Host: example.com"),
    request("GET /", "Host: shop.example.com.evil"),
  ],
  [
    { kind: "host", test: { kind: "suffix", value: "example.com" } },
    request("GET /", ...curl),
    request("GET /", "Host: example.com"),
    request("GET /", "Host: shop.example.org"),
  ],
  [
    { kind: "method", value: "POST" },
    request("POST /", ...curl),
    request("GET /", ...curl),
    request("GET /POST", ...curl),
  ],
  [
    { kind: "cookie", name: "canary", test: { kind: "exact", value: "1" } },
    request("GET /", ...curl, "Cookie: a=b; canary=1; c=d"),
    request("GET /", ...curl, "Cookie: a=b; canary=0"),
    request("GET /", ...curl, "Cookie: a=b; canary=10"),
    request("GET /", ...curl, "Cookie: xcanary=1; a=canary=1"),
    request("GET /", ...curl, "X-Cookie: canary=1"),
  ],
  [
    { kind: "query", name: "debug", test: { kind: "exact", value: "1" } },
    request("GET /a?b=c&debug=1", ...curl),
    request("GET /a?b=c&debug=12", ...curl),
    request("GET /a?xdebug=1", ...curl),
    request("GET /a%20debug=1", ...curl),
    request("GET /a", ...curl, "Referer: /a?debug=1"),
  ],
  [
    { kind: "content_type", value: "application/json" },
    request("POST /", ...curl, "Content-Type: Application/JSON; charset=utf-8"),
    request("POST /", ...curl, "Content-Type: application/json-patch+json"),
    request("POST /", ...curl, "Content-Type: text/plain"),
  ],
  [
    { kind: "prefix", value: "GET /api/" },
    request("GET /api/a", ...curl),
    request("GET /apia", ...curl),
  ],
  [
    {
      kind: "all",
      of: [
        { kind: "method", value: "POST" },
        {
          kind: "any",
          of: [
            { kind: "path", test: { kind: "prefix", value: "/a" } },
            { kind: "header", name: "x-a", test: { kind: "present" } },
          ],
        },
      ],
    },
    request("POST /b", ...curl, "X-A: 1"),
    request("POST /b", ...curl),
    request("GET /a", ...curl),
  ],
  [{ kind: "any", of: [] }, "", request("GET /", ...curl)],
];

test("what plainly cannot match is held back", () => {
  for (const [match, taken, ...others] of CASES) {
    const rule = JSON.stringify(match);
    if (taken !== "") assert.equal(isHeldBack(match, taken), false, `${rule} of ${taken}`);
    for (const other of others) assert.equal(isHeldBack(match, other), true, `${rule} of ${other}`);
  }
});

test("of 64 rules with a value of their own, a request comes to its own only", () => {
  const values = Array.from({ length: 64 }, (_, i) => `${(i * 7919) % 1000}-${i}`);
  const rules = values.map(
    (value): Match => ({ kind: "header", name: "x-user-id", test: { kind: "exact", value } }),
  );
  const { scan } = compileKernelRules(setOfMatches(...rules));
  for (const [i, value] of values.entries()) {
    const bytes = ascii(request("GET /", ...curl, `X-User-ID: ${value}`));
    assert.equal(runScan(scan, bytes, bytes.length).rules, 1n << BigInt(i));
  }
});

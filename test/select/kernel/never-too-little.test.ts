import assert from "node:assert/strict";
import { test } from "node:test";
import { HeadCode, RequestHead } from "../../../src/decode/http1/request-head.ts";
import type { Match } from "../../../src/model/rule.ts";
import { compileKernelRules } from "../../../src/select/kernel/compile.ts";
import { fitClauses } from "../../../src/select/kernel/fit.ts";
import { compileMatch } from "../../../src/select/match/compile-match.ts";
import { fc } from "../../fuzz/property.ts";
import { ascii, setOfMatches } from "./rules.ts";
import { runScan } from "./run-scan.ts";
import { anyMatch, anyRequest, type GeneratedRequest } from "./traffic.ts";

/** Checks every rule against every request; returns how many matches there were of rules with a clause. */
function checkAll(matches: readonly Match[], requests: readonly GeneratedRequest[]): number {
  const { scan } = compileKernelRules(setOfMatches(...matches));
  const exact = matches.map(compileMatch);
  const head = new RequestHead();
  let decidedMatches = 0;
  for (const request of requests) {
    const bytes = ascii(request.head + request.body);
    if (head.read(bytes, 0, bytes.length) !== HeadCode.complete) continue;
    head.bodyEnd = bytes.length;
    const { decided, rules } = runScan(scan, bytes, bytes.length);
    if (!decided) continue;
    for (const [i, isMatch] of exact.entries()) {
      if (!isMatch(head)) continue;
      const hasBit = ((rules >> BigInt(i)) & 1n) === 1n;
      if ((scan.without[0]! & (1n << BigInt(i))) === 0n) decidedMatches++;
      const text = JSON.stringify(request.head);
      assert.ok(hasBit, `${JSON.stringify(matches[i])} matches ${text}`);
    }
  }
  return decidedMatches;
}

test("what matches exactly is never held back by the scan", () => {
  let matched = 0;
  fc.assert(
    fc.property(
      fc.array(anyMatch, { minLength: 1, maxLength: 8 }),
      fc.array(anyRequest, { minLength: 20, maxLength: 40, size: "max" }),
      (matches, requests) => {
        matched += checkAll(matches, requests);
      },
    ),
    { numRuns: 400 },
  );
  assert.ok(matched > 200, `only ${matched} requests matched`);
});

test("nor when the rules are more than the automaton has room for", () => {
  let matched = 0;
  let leftOut = 0;
  /** Values of their own, which take room. */
  const crowd = Array.from({ length: 24 }, (_, i): Match => {
    const value = `${Math.imul(i + 1, 2654435761) >>> 0}`.repeat(4);
    return { kind: "header", name: `${value}-${i}`, test: { kind: "exact", value } };
  });
  fc.assert(
    fc.property(
      fc.array(anyMatch, { minLength: 40, maxLength: 40 }),
      fc.array(anyRequest, { minLength: 60, maxLength: 60 }),
      (matches, requests) => {
        const all = [...matches, ...crowd];
        const { rules } = fitClauses(setOfMatches(...all).rules);
        leftOut += rules.flat().filter(({ leftOut: reason }) => reason === "no_room").length;
        matched += checkAll(all, requests);
      },
    ),
    { numRuns: 6, endOnFailure: true },
  );
  assert.ok(matched > 200, `only ${matched} requests matched`);
  assert.ok(leftOut > 0);
});

test("nor when it is written in an odd way", () => {
  const cookie: Match = { kind: "cookie", name: "a", test: { kind: "exact", value: "1" } };
  const query: Match = { kind: "query", name: "ab", test: { kind: "exact", value: "1" } };
  const host: Match = { kind: "host", test: { kind: "exact", value: "[::1]" } };
  const path: Match = { kind: "path", test: { kind: "exact", value: "/a" } };
  const cases: readonly (readonly [Match, string])[] = [
    [cookie, "GET / HTTP/1.1\r\ncOOKIE:;;a=1\r\n\r\n"],
    [cookie, "GET / HTTP/1.1\r\nCookie: b=2 ; ; a =\t1 ;c\r\n\r\n"],
    [cookie, "GET / HTTP/1.1\r\nCookie: a=2\r\nCookie:\ta=1\t\r\n\r\n"],
    [query, "GET /?&&ab=1 HTTP/1.1\r\n\r\n"],
    [query, "GET /?%61b=%31&c HTTP/1.1\r\n\r\n"],
    [query, "GET http://a?ab=1 HTTP/1.1\r\n\r\n"],
    [host, "GET / HTTP/1.1\r\nHOST:[::1]x\r\n\r\n"],
    [host, "GET http://[::1]:80/ HTTP/1.1\r\nHost: b\r\n\r\n"],
    [path, "GET http://b/a HTTP/1.1\r\n\r\n"],
    [path, "GET /a? HTTP/1.0\r\n\r\n"],
  ];
  for (const [match, head] of cases) assert.equal(checkAll([match], [{ head, body: "" }]), 1, head);
});

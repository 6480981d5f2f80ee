import assert from "node:assert/strict";
import { test } from "node:test";
import {
  SCAN_CLASSES,
  SCAN_CLAUSES,
  SCAN_SETS,
  SCAN_STATES,
} from "../../../src/model/kernel-rules.ts";
import type { Match, SampleBy } from "../../../src/model/rule.ts";
import { compileKernelRules } from "../../../src/select/kernel/compile.ts";
import { fitClauses } from "../../../src/select/kernel/fit.ts";
import { ascii, ruleWith, setOf, setOfMatches } from "./rules.ts";
import { runScan } from "./run-scan.ts";

/** Some time for a machine that is busy: it takes a fifth of a second. */
const MAX_COMPILE_MS = 3000;

function timed(matches: readonly Match[]) {
  const startMs = performance.now();
  const { scan } = compileKernelRules(setOfMatches(...matches));
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs < MAX_COMPILE_MS, `${tookMs} ms`);
  return scan;
}

const text = (length: number, seed: number) =>
  Array.from({ length }, (_, i) =>
    String.fromCharCode((Math.imul(i + 1, 2654435761 + 40503 * seed) >>> 13) & 0xff),
  ).join("");
const header = (name: string, value: string): Match => ({
  kind: "header",
  name,
  test: { kind: "exact", value },
});
const times = (count: number, make: (i: number) => Match) =>
  Array.from({ length: count }, (_, i) => make(i));

test("a table has the sizes of the kernel's maps, and refers to nothing beyond them", () => {
  const { scan } = compileKernelRules(setOfMatches(...times(64, (i) => header(`x-${i}`, `${i}`))));
  assert.equal(scan.classes.length, 256);
  assert.equal(scan.next.length, SCAN_STATES * SCAN_CLASSES);
  assert.equal(scan.flags.length, SCAN_STATES);
  assert.equal(scan.sets.length, SCAN_STATES);
  assert.equal(scan.satisfied.length, SCAN_SETS * SCAN_CLAUSES);
  assert.equal(scan.without.length, SCAN_CLAUSES);
  assert.ok(Math.max(...scan.classes) < SCAN_CLASSES);
  assert.ok(Math.max(...scan.next) < SCAN_STATES);
  assert.deepEqual([...scan.satisfied.subarray(0, SCAN_CLAUSES)], [0n, 0n, 0n, 0n]);
});

test("a share is drawn in the kernel unless it goes by what is in the request", () => {
  const sampled = (sampleBy: SampleBy, share: number) => ruleWith({ sampleBy, share });
  const { samples, generation } = compileKernelRules(
    setOf(
      sampled({ kind: "request" }, 0.25),
      sampled({ kind: "connection" }, 1),
      sampled({ kind: "client" }, 0),
      sampled({ kind: "header", name: "a" }, 0.5),
      sampled({ kind: "cookie", name: "a" }, 0.5),
      sampled({ kind: "query", name: "a" }, 0.5),
    ),
  );
  assert.equal(generation, 7);
  assert.deepEqual(samples, [
    { by: "request", threshold: 0x40000000 },
    { by: "connection", threshold: 0xffffffff },
    { by: "client", threshold: 0 },
    { by: "none", threshold: 0xffffffff },
    { by: "none", threshold: 0xffffffff },
    { by: "none", threshold: 0xffffffff },
  ]);
});

test("64 rules with four clauses each compile fast and keep two of each rule at least", () => {
  const matches = times(64, (i) => ({
    kind: "all",
    of: [
      { kind: "path", test: { kind: "template", value: `/api/v1/{x}/thing${i}/{y}` } },
      { kind: "host", test: { kind: "suffix", value: `s${i}.example.com` } },
      { kind: "cookie", name: `session${i}`, test: { kind: "prefix", value: "ab" } },
      { kind: "query", name: `q${i}`, test: { kind: "present" } },
    ],
  }));
  timed(matches);
  const { rules } = fitClauses(setOfMatches(...matches).rules);
  for (const clauses of rules) {
    assert.equal(clauses.length, 4);
    assert.ok(clauses.filter(({ kept }) => kept !== undefined).length >= 2);
    assert.match(JSON.stringify(clauses[0]?.kept), /"\/api\/v1\/".*"\/thing\d/);
  }
});

test("a condition that is too large costs the others nothing", () => {
  const small = header("x-user-id", "42");
  const { rules } = fitClauses(setOfMatches(small, header("y".repeat(600), "1")).rules);
  assert.deepEqual(rules[0]?.[0]?.kept, rules[0]?.[0]?.clause);
  assert.equal(rules[1]?.[0]?.leftOut, "no_room");
});

test("a list of many values keeps as much of them as there is room for, and costs others nothing", () => {
  const ids = times(200, (i) =>
    header("x-user-id", `${10_000_000 + (Math.imul(i + 1, 2654435761) >>> 10)}`),
  );
  const single = header("x-tenant", "acme");
  const set = setOfMatches({ kind: "any", of: ids }, single);
  const { rules } = fitClauses(set.rules);
  assert.equal(rules[0]?.[0]?.kept?.length, 200);
  assert.deepEqual(rules[1]?.[0]?.kept, rules[1]?.[0]?.clause);
  const { scan } = compileKernelRules(set);
  const other = ascii("GET / HTTP/1.1\r\nX-User-Id: 9\r\nX-Tenant: acme2\r\n\r\n");
  assert.equal(runScan(scan, other, other.length).rules, 0n);
});

test("rules of long values keep what tells them apart", () => {
  const uuids = times(64, (i) =>
    header("x-user-id", `${Math.imul(i + 1, 2654435761) >>> 0}-0000-4000-8000-000000000000`),
  );
  const { rules } = fitClauses(setOfMatches(...uuids).rules);
  assert.ok(rules.every(([clause]) => clause?.kept !== undefined));
});

test("hostile rules neither hang nor push out what fits", () => {
  const hostile: readonly (readonly Match[])[] = [
    times(63, (i) => ({
      kind: "all",
      of: [
        header(`x-${i}`, text(1000, i)),
        { kind: "cookie", name: text(1000, i), test: { kind: "exact", value: text(1000, i) } },
        { kind: "query", name: text(1000, i), test: { kind: "exact", value: text(1000, i) } },
        { kind: "path", test: { kind: "glob", value: `/${"?".repeat(500)}${text(500, i)}` } },
      ],
    })),
    times(63, (i) => ({
      kind: "path",
      test: { kind: "glob", value: `/${"?".repeat(i)}${"a".repeat(i)}?b` },
    })),
    times(63, (i) => ({
      kind: "all",
      of: times(4, (j) => ({
        kind: "any",
        of: times(256, (n) => header(`h${i}-${j}`, text(30, n))),
      })),
    })),
    times(63, (i) => ({
      kind: "path",
      test: {
        kind: "template",
        value: `/${Array.from({ length: 12 }, (_, n) => ((i >> (n % 6)) & 1 ? "{x}" : `a${(n * i) % 3}`)).join("/")}`,
      },
    })),
  ];
  for (const matches of hostile) {
    const scan = timed([header("x-user-id", "42"), ...matches]);
    const held = ascii("GET / HTTP/1.1\r\nX-User-Id: 17\r\n\r\n");
    const taken = ascii("GET / HTTP/1.1\r\nX-User-Id: 42\r\n\r\n");
    assert.equal(runScan(scan, held, held.length).rules & 1n, 0n);
    assert.equal(runScan(scan, taken, taken.length).rules & 1n, 1n);
  }
});

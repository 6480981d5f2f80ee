import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mergeTallies } from "../../../src/agent/plan/merge.ts";
import { createPlanTally, MAX_METHODS, type Tally } from "../../../src/agent/plan/tally.ts";
import { OTHER_METHODS } from "../../../src/model/request.ts";
import { fc } from "../../fuzz/property.ts";
import { planRequest } from "./plan-request.ts";

/** One request of a made-up traffic: where to, and what the rules say. */
interface Step {
  readonly method: string;
  readonly path: string;
  readonly body: number;
  readonly rules: readonly {
    readonly rule: string;
    readonly verdict: "held" | "out" | "offered";
  }[];
}

const step: fc.Arbitrary<Step> = fc.record({
  method: fc.constantFrom("GET", "POST", "DELETE"),
  path: fc.constantFrom("/a", "/b", "/c/1", "/c/2", "/d"),
  body: fc.nat(100),
  rules: fc.uniqueArray(
    fc.record({
      rule: fc.constantFrom("first", "constructor", "__proto__x"),
      verdict: fc.constantFrom("held" as const, "out" as const, "offered" as const),
    }),
    { selector: ({ rule }) => rule },
  ),
});

function play(tally: Tally, steps: readonly Step[]): void {
  for (const { method, path, body, rules } of steps) {
    const request = planRequest(method, path, body);
    tally.read(request);
    for (const { rule, verdict } of rules) {
      tally.matched(rule, request, verdict === "held");
      if (verdict === "offered") tally.offered(rule, request, body);
    }
  }
}

function sizeOf({ method, path, body }: Step): number {
  return `${method} ${path} HTTP/1.1\r\n\r\n`.length + body;
}

const count = <T>(all: readonly T[], is: (one: T) => boolean) => all.filter(is).length;

describe("plan tally", () => {
  test("counts what it is told, exactly", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tally = createPlanTally(() => 0);
        play(tally, steps);
        const report = tally.report();
        assert.equal(report.read.requests, steps.length);
        assert.equal(
          report.read.bytes,
          steps.reduce((sum, one) => sum + sizeOf(one), 0),
        );
        for (const method of ["GET", "POST", "DELETE"]) {
          const of = steps.filter((one) => one.method === method);
          if (of.length === 0) continue;
          assert.deepEqual(report.methods[method], {
            requests: of.length,
            matched: count(of, ({ rules }) => rules.length > 0),
            heldBack: count(of, ({ rules }) => rules.some(({ verdict }) => verdict === "held")),
          });
        }
        const offers = steps.flatMap((one) =>
          one.rules
            .filter(({ verdict }) => verdict === "offered")
            .map(({ rule }) => ({ rule, step: one })),
        );
        for (const rule of ["first", "constructor", "__proto__x"]) {
          const of = offers.filter((one) => one.rule === rule);
          const requests = of.length;
          const bytes = of.reduce((sum, one) => sum + sizeOf(one.step), 0);
          if (requests > 0)
            assert.deepEqual(report.rules[rule], { requests, bytes, peakPerSecond: requests });
          else assert.equal(Object.hasOwn(report.rules, rule), false);
        }
        assert.equal(
          report.endpoints.reduce((sum, { requests }) => sum + requests, 0),
          offers.length,
        );
        assert.deepEqual(report.others, { requests: 0, bytes: 0 });
        for (const { endpoint, requests } of report.endpoints)
          assert.equal(
            requests,
            count(
              offers,
              ({ step: { method, path } }) => `${method} ${path.replace(/\d/, "{n}")}` === endpoint,
            ),
          );
      }),
    );
  });

  test("several processes together saw what one would have seen", () => {
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 30 }), { maxLength: 4 }), (parts) => {
        const whole = createPlanTally(() => 0);
        for (const steps of parts) play(whole, steps);
        const tallies = parts.map((steps) => {
          const tally = createPlanTally(() => 0);
          play(tally, steps);
          // As it comes over IPC.
          return JSON.parse(JSON.stringify(tally.report()));
        });
        assert.deepEqual(mergeTallies(tallies), whole.report());
      }),
    );
  });

  test("memory is bounded, and a hot endpoint is found among any number of rare ones", () => {
    const tally = createPlanTally(() => 0);
    const letters = "abcdefghijklmnopqrstuvwxyz";
    const word = (i: number) =>
      [i % 26, Math.floor(i / 26) % 26, Math.floor(i / 676) % 26].map((at) => letters[at]).join("");
    const total = 12_000;
    for (let i = 0; i < total; i++) {
      const request = planRequest("GET", i % 50 === 0 ? "/hot" : `/${word(i)}`);
      tally.read(request);
      tally.offered("rule", request, 0);
    }
    const { endpoints, others } = tally.report();
    assert.equal(endpoints.length, 100);
    assert.equal(endpoints[0]?.endpoint, "GET /hot");
    assert.ok((endpoints[0]?.requests ?? 0) <= total / 50);
    const listed = endpoints.reduce((sum, { requests }) => sum + requests, 0);
    assert.equal(listed + others.requests, total);
    assert.ok(others.bytes > 0);
  });

  test("invented methods share one name", () => {
    const tally = createPlanTally(() => 0);
    for (const method of ["__proto__", "constructor", "get", "X".repeat(100)])
      tally.read(planRequest(method, "/"));
    for (let i = 0; i < 100; i++)
      tally.read(
        planRequest(`M${String.fromCharCode(65 + (i % 26), 65 + Math.floor(i / 26))}`, "/"),
      );
    const { methods } = tally.report();
    assert.ok(Object.keys(methods).length <= MAX_METHODS + 1);
    assert.equal(Object.hasOwn(methods, "constructor"), false);
    assert.ok((methods[OTHER_METHODS]?.requests ?? 0) >= 4);
    const sum = Object.values(methods).reduce((all, { requests }) => all + requests, 0);
    assert.equal(sum, 104);
    assert.equal(mergeTallies([tally.report()]).methods[OTHER_METHODS]?.heldBack, 0);
    assert.equal(({} as Record<string, unknown>)["requests"], undefined);
  });

  test("the busiest second is that of the clock", () => {
    let nowNs = 0;
    const tally = createPlanTally(() => nowNs);
    const request = planRequest("GET", "/");
    for (const [second, requests] of [
      [0, 3],
      [1, 5],
      [2, 4],
    ] as const)
      for (let i = 0; i < requests; i++) {
        nowNs = second * 1e9 + i * 1e6;
        tally.read(request);
        tally.offered(i === 0 ? "a" : "b", request, 0);
      }
    const { peakPerSecond, rules } = tally.report();
    assert.equal(peakPerSecond, 5);
    assert.equal(rules["a"]?.peakPerSecond, 1);
    assert.equal(rules["b"]?.peakPerSecond, 4);
  });

  test("latency is kept as sum and count", () => {
    const tally = createPlanTally(() => 0);
    tally.answered(2e6);
    tally.answered(4e6);
    assert.deepEqual(tally.report().liveLatency, { sumMs: 6, count: 2 });
  });

  test("a report is of its moment", () => {
    const tally = createPlanTally(() => 0);
    const before = tally.report();
    tally.read(planRequest("GET", "/"));
    assert.equal(before.read.requests, 0);
    assert.deepEqual(before.methods, {});
  });
});

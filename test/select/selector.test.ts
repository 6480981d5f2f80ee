import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { createCaptureLedger, createRuleLedger, imbalance } from "../../src/model/ledger.ts";
import type { RequestView } from "../../src/model/request.ts";
import { createRandom } from "../../src/select/random.ts";
import { createSelector, type SelectRule } from "../../src/select/selector.ts";
import { countVerdict, Verdict } from "../../src/select/verdict.ts";

const everything: SelectRule = {
  path: "*",
  methods: "all",
  percent: 100,
  maxRps: undefined,
  countLeft: undefined,
};

function request(method: string, target: string): RequestView {
  const bytes = Buffer.from(`${method} ${target} HTTP/1.1\r\n\r\n`);
  const targetStart = method.length + 1;
  return {
    bytes,
    start: 0,
    methodEnd: method.length,
    targetStart,
    targetEnd: targetStart + target.length,
    lineEnd: bytes.length - 2,
    headEnd: bytes.length,
    bodyEnd: bytes.length,
    method,
    minorVersion: 1,
    fields: new Int32Array(0),
    fieldCount: 0,
    framing: "none",
    contentLength: 0,
    timeNs: 0,
  };
}

const get = request("GET", "/api/x");
const noClock = () => 0;
const never = () => assert.fail("nothing to draw");

describe("selector", () => {
  test("offers what nothing speaks against, without drawing", () => {
    assert.equal(createSelector(everything, noClock, never).decide(get), Verdict.offered);
  });

  test("asks path, method, sample and budgets in this order", () => {
    let left = 0;
    const rule: SelectRule = {
      path: "/api/*",
      methods: new Set(["GET"]),
      percent: 50,
      maxRps: 1,
      countLeft: () => left,
    };
    let draw = 0.5;
    const selector = createSelector(rule, noClock, () => draw);
    assert.equal(selector.decide(request("POST", "/other")), Verdict.notMatched);
    assert.equal(selector.decide(request("POST", "/api/x")), Verdict.heldBackMethod);
    assert.equal(selector.decide(request("get", "/api/x")), Verdict.heldBackMethod);
    assert.equal(selector.decide(get), Verdict.sampledOut);
    draw = 0.4999;
    assert.equal(selector.decide(get), Verdict.overBudgetCount);
    left = 1;
    assert.equal(selector.decide(get), Verdict.offered, "the count took no token");
    assert.equal(selector.decide(get), Verdict.overBudgetMaxRps);
  });

  test("0 percent offers nothing", () => {
    const selector = createSelector({ ...everything, percent: 0 }, noClock, () => 0);
    assert.equal(selector.decide(get), Verdict.sampledOut);
  });

  test("the sampled share is within 4 sigma of the percentage", () => {
    const draws = 20_000;
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 100, noNaN: true }), (seed, percent) => {
        const selector = createSelector({ ...everything, percent }, noClock, createRandom(seed));
        let offered = 0;
        for (let i = 0; i < draws; i++) if (selector.decide(get) === Verdict.offered) offered++;
        const share = percent / 100;
        const sigma = Math.sqrt(draws * share * (1 - share));
        assert.ok(Math.abs(offered - draws * share) <= 4 * sigma + 1, `${offered} of ${draws}`);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  test("never offers more than the rate and one second's burst", () => {
    const gapsMs = fc.array(fc.integer({ min: -5, max: 400 }), { maxLength: 300 });
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 50, noNaN: true }), gapsMs, (maxRps, gaps) => {
        let nowNs = 0;
        let latestNs = 0;
        const selector = createSelector({ ...everything, maxRps }, () => nowNs, never);
        let offered = 0;
        for (const gap of gaps) {
          nowNs += gap * 1e6;
          latestNs = Math.max(latestNs, nowNs);
          if (selector.decide(get) === Verdict.offered) offered++;
          assert.ok(offered <= Math.max(1, maxRps) + (latestNs / 1e9) * maxRps + 1e-6);
        }
      }),
    );
  });

  test("a steady load above the rate gets the rate", () => {
    let nowNs = 0;
    const selector = createSelector({ ...everything, maxRps: 10 }, () => nowNs, never);
    let offered = 0;
    for (let i = 0; i < 10_000; i++, nowNs += 1e6)
      if (selector.decide(get) === Verdict.offered) offered++;
    assert.equal(offered, 10 + 99);
  });
});

test("every verdict enters the ledger, and the rule's identity holds", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...Object.values(Verdict))), (verdicts) => {
      const ledger = createRuleLedger();
      for (const verdict of verdicts) countVerdict(ledger, verdict);
      const capture = { ...createCaptureLedger(), decoded: verdicts.length };
      assert.deepEqual(imbalance(capture, ledger, new Map()), []);
      assert.equal(ledger.offered, verdicts.filter((v) => v === Verdict.offered).length);
    }),
  );
});

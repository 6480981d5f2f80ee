import assert from "node:assert/strict";
import { test } from "node:test";
import { createYieldPolicy } from "../../src/agent/yield-policy.ts";

/** Asks every 100 ms; each step says how long the process ran and waited in that time. */
function play(steps: readonly (readonly [ranMs: number, waitedMs: number, times: number])[]) {
  let [ran, waited] = [0, 0];
  const policy = createYieldPolicy(() => `${ran * 1e6} ${waited * 1e6} 1\n`);
  let nowMs = performance.now();
  return steps.map(([ranMs, waitedMs, times]) => {
    let answer = false;
    for (let i = 0; i < times; i++) {
      ran += ranMs;
      waited += waitedMs;
      nowMs += 100;
      answer = policy.shouldYield(nowMs);
    }
    return answer;
  });
}

test("without contention it never yields, however busy", () => {
  assert.deepEqual(play([[100, 0, 100]]), [false]);
});

test("a burst against contention is allowed, full load is not", () => {
  assert.deepEqual(
    play([
      [60, 40, 4],
      [60, 40, 2],
    ]),
    [false, true],
  );
});

test("it comes back when nobody waits any more, not at the first quiet moment", () => {
  assert.deepEqual(
    play([
      [60, 40, 10],
      [5, 0, 1],
      [5, 0, 12],
    ]),
    [true, true, false],
  );
});

test("a kernel without the account is never contended", () => {
  const policy = createYieldPolicy(() => "");
  assert.equal(policy.shouldYield(performance.now() + 1e6), false);
});

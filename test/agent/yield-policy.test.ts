import assert from "node:assert/strict";
import { test } from "node:test";
import { createYieldPolicy } from "../../src/agent/yield-policy.ts";

interface Step {
  readonly ranMs: number;
  readonly waitedMs?: number;
  /** Share of the machine's CPU time. */
  readonly idle: number;
  readonly times: number;
}

/** Asks every 100 ms; each step says what happened in that time. Returns the last answer of each step. */
function play(steps: readonly Step[]): boolean[] {
  const account = { ranMs: 0, waitedMs: 0, total: 0, idle: 0 };
  let nowMs = 1000;
  const policy = createYieldPolicy(nowMs, () => ({ ...account }));
  return steps.map((step) => {
    let answer = false;
    for (let i = 0; i < step.times; i++) {
      account.ranMs += step.ranMs;
      account.waitedMs += step.waitedMs ?? 0;
      account.total += 1000;
      account.idle += 1000 * step.idle;
      nowMs += 100;
      answer = policy.shouldYield(nowMs);
    }
    return answer;
  });
}

test("while CPUs are idle it never yields, however busy it is", () => {
  assert.deepEqual(play([{ ranMs: 100, idle: 0.3, times: 100 }]), [false]);
});

test("a burst against contention is allowed, full load is not", () => {
  const full = { ranMs: 40, idle: 0.01 };
  assert.deepEqual(
    play([
      { ...full, times: 4 },
      { ...full, times: 2 },
    ]),
    [false, true],
  );
});

test("having to wait is contention too, whatever the rest of the machine does", () => {
  assert.deepEqual(play([{ ranMs: 40, waitedMs: 30, idle: 0.9, times: 6 }]), [true]);
});

test("it comes back when CPUs have been idle for a while, not at the first quiet moment", () => {
  const quiet = { ranMs: 5, idle: 0.5 };
  const full = { ranMs: 60, idle: 0, times: 10 };
  assert.deepEqual(play([full, { ...quiet, times: 1 }, { ...quiet, times: 8 }]), [
    true,
    true,
    false,
  ]);
});

test("it reads this machine's own account", () => {
  const policy = createYieldPolicy(performance.now());
  assert.equal(typeof policy.shouldYield(performance.now() + 1), "boolean");
});

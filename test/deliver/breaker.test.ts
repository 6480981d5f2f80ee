import assert from "node:assert/strict";
import { test } from "node:test";
import { createBackoff } from "../../src/deliver/backoff.ts";
import { BREAKER_FAILURES, createBreaker } from "../../src/deliver/breaker.ts";

test("pauses double up to a limit, at least half of each", () => {
  const longest = createBackoff(1000, 30_000, () => 1);
  assert.deepEqual(
    Array.from({ length: 7 }, () => longest.nextMs()),
    [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000],
  );
  longest.reset();
  assert.equal(longest.nextMs(), 1000);
  assert.equal(createBackoff(1000, 30_000, () => 0).nextMs(), 500);
});

test("a breaker opens, tries one, opens for longer, closes", () => {
  let nowNs = 0;
  const told: string[] = [];
  const breaker = createBreaker(
    () => nowNs,
    (state, reason) => told.push(`${state} ${reason}`),
    () => 1,
  );
  const failFor = (times: number) => {
    for (let i = 0; i < times; i++) breaker.failure("refused");
  };
  failFor(BREAKER_FAILURES - 1);
  breaker.success();
  failFor(BREAKER_FAILURES - 1);
  assert.equal(breaker.admit(), "yes");
  failFor(3);
  assert.equal(breaker.admit(), "no");
  nowNs = 0.99e9;
  assert.equal(breaker.admit(), "no");
  nowNs = 1.01e9;
  assert.equal(breaker.admit(), "probe");
  assert.equal(breaker.admit(), "no");
  failFor(1);
  nowNs += 1.5e9;
  assert.equal(breaker.admit(), "no");
  nowNs += 0.6e9;
  assert.equal(breaker.admit(), "probe");
  breaker.probeAbandoned();
  assert.equal(breaker.admit(), "probe");
  breaker.success();
  assert.equal(breaker.admit(), "yes");
  failFor(BREAKER_FAILURES);
  nowNs += 1.01e9;
  assert.equal(breaker.admit(), "probe");
  const half = "half_open trying one request";
  assert.deepEqual(told, [
    "open refused",
    half,
    "open refused",
    half,
    half,
    "closed answered",
    "open refused",
    half,
  ]);
});

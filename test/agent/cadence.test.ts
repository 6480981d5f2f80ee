import assert from "node:assert/strict";
import { test } from "node:test";
import { createCadence } from "../../src/agent/cadence.ts";

const CADENCE = { busyMs: 100, quietMs: 1000, fewSegments: 50 };

/** Looks every 10 ms for two seconds; returns when it was due. */
function play(segmentsAt: (ms: number) => number): number[] {
  const isDue = createCadence(CADENCE);
  const times = Array.from({ length: 200 }, (_, i) => i * 10);
  return times.filter((ms) => isDue(segmentsAt(ms), ms));
}

test("while little comes it is due as seldom as that allows", () => {
  assert.deepEqual(
    play(() => 0),
    [0, 1000],
  );
});

test("while much comes it is due often", () => {
  const times = play(() => 5);
  assert.equal(times.length, 20);
  assert.deepEqual(times.slice(0, 3), [0, 100, 200]);
});

test("when much begins to come it is due at once, if it was not just now", () => {
  assert.deepEqual(
    play((ms) => (ms === 540 ? 500 : 0)),
    [0, 540, 1540],
  );
  assert.deepEqual(
    play((ms) => (ms === 1040 ? 500 : 0)),
    [0, 1000, 1100],
  );
});

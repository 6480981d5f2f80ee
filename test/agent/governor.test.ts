import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cost, createGovernor } from "../../src/agent/governor.ts";
import { fc } from "../fuzz/property.ts";

const LOOK_MS = 250;
const NOTHING: Cost = {
  cpuSeconds: 0,
  kernelSeconds: 0,
  memoryBytes: 100,
  ringUsed: 0,
  loopLagMs: 0,
};
const unlimited = { maxCpu: undefined, maxMemoryBytes: undefined };

/** A run whose cost follows from the share that is let through: cores used in user space and in the kernel. */
function createRun(maxCpu: number, cpuAt: (share: number) => number, kernelPart = 0.1) {
  const governor = createGovernor({ maxCpu, maxMemoryBytes: undefined }, NOTHING, 0);
  let cost = NOTHING;
  let nowMs = 0;
  let share = 1;
  const look = (changes: Partial<Cost> = {}) => {
    nowMs += LOOK_MS;
    const spent = (cpuAt(share) * LOOK_MS) / 1000;
    cost = {
      ...cost,
      cpuSeconds: cost.cpuSeconds + spent * (1 - kernelPart),
      kernelSeconds: cost.kernelSeconds + spent * kernelPart,
      ringUsed: 0,
      loopLagMs: 0,
      ...changes,
    };
    share = governor.observe(cost, nowMs);
    return share;
  };
  return { governor, look, used: () => cpuAt(share) };
}

test("whatever a request costs, the share settles so that the budget is kept and used", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.05, max: 2, noNaN: true }),
      fc.double({ min: 0, max: 0.6, noNaN: true }),
      fc.double({ min: 0.01, max: 50, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0.5, max: 1, noNaN: true }),
      (maxCpu, idlePart, load, kernelPart, exponent) => {
        // A part that does not depend on the share, and one that does, in proportion or less than that.
        const cpuAt = (share: number) => maxCpu * (idlePart + load * share ** exponent);
        // What is too much even at the smallest share cannot be helped.
        fc.pre(cpuAt(1 / 4096) < maxCpu * 0.8);
        const run = createRun(maxCpu, cpuAt, kernelPart);
        for (let i = 0; i < 200; i++) run.look();
        let least = 1;
        for (let i = 0; i < 40; i++) {
          least = Math.min(least, run.look());
          assert.ok(run.used() <= maxCpu, `${run.used()} of ${maxCpu}`);
        }
        assert.ok(least === 1 || run.used() > maxCpu * 0.6, `only ${run.used()} of ${maxCpu}`);
      },
    ),
    { numRuns: 300 },
  );
});

test("a load that grows is held back before the budget is spent", () => {
  let load = 0.05;
  const run = createRun(0.2, (share) => load * share);
  for (let i = 0; i < 400; i++) {
    load *= 1.005;
    run.look();
    assert.ok(run.used() <= 0.2, `look ${i}: ${run.used()}`);
  }
  assert.ok(run.governor.status.admitted < 0.7);
});

test("everything is let through again once the load is gone, and the lowest share is remembered", () => {
  let load = 5;
  const run = createRun(0.2, (share) => load * share);
  for (let i = 0; i < 20; i++) run.look();
  const { lowestAdmitted, limitedMs } = run.governor.status;
  assert.ok(lowestAdmitted < 0.05);
  assert.equal(limitedMs, 19 * LOOK_MS);
  load = 0.05;
  for (let i = 0; i < 40; i++) run.look();
  assert.equal(run.governor.status.admitted, 1);
  assert.ok(run.governor.status.lowestAdmitted <= lowestAdmitted);
  const rested = run.governor.status.limitedMs;
  run.look();
  assert.equal(run.governor.status.limitedMs, rested);
});

test("costs that cannot be helped still let some requests through", () => {
  const run = createRun(0.2, () => 3);
  for (let i = 0; i < 100; i++) run.look();
  assert.equal(run.look(), 1 / 4096);
});

test("a ring that is nearly full, or a loop that is late, lets the share grow no further", () => {
  for (const pressure of [{ ringUsed: 0.6 }, { loopLagMs: 300 }]) {
    let load = 5;
    const run = createRun(0.2, (share) => load * share);
    for (let i = 0; i < 20; i++) run.look();
    const before = run.governor.status.admitted;
    load = 0.01;
    for (let i = 0; i < 20; i++) assert.ok(run.look(pressure) <= before);
    assert.ok(run.look() > before);
  }
});

test("memory near its limit holds back, and lets go again when it is free", () => {
  const governor = createGovernor({ maxCpu: undefined, maxMemoryBytes: 1000 }, NOTHING, 0);
  assert.equal(governor.observe({ ...NOTHING, memoryBytes: 800 }, 250), 1);
  assert.equal(governor.observe({ ...NOTHING, memoryBytes: 970 }, 500), 0.5);
  assert.equal(governor.observe({ ...NOTHING, memoryBytes: 900 }, 750), 0.5);
  assert.ok(governor.observe({ ...NOTHING, memoryBytes: 500 }, 1000) > 0.5);
});

test("without a limit nothing is held back, and the cost is still told", () => {
  const governor = createGovernor(unlimited, NOTHING, 0);
  let cpuSeconds = 0;
  for (let nowMs = 250; nowMs <= 10_000; nowMs += 250) {
    cpuSeconds += 1;
    assert.equal(governor.observe({ ...NOTHING, cpuSeconds, ringUsed: 1 }, nowMs), 1);
  }
  const { cpu, kernelCpu, limitedMs, ringUsed, memoryBytes } = governor.status;
  assert.ok(Math.abs(cpu - 4) < 0.001);
  assert.deepEqual([kernelCpu, limitedMs, ringUsed, memoryBytes], [0, 0, 1, 100]);
});

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { govern } from "../../src/agent/govern.ts";
import type { CostLimits } from "../../src/model/run-config.ts";

/** A governed run under a clock of the test: `cpu` is what its payload processes use from then on, in cores. */
function createGoverned(limits: CostLimits) {
  mock.timers.enable({ apis: ["setInterval"] });
  let nowMs = 1000;
  mock.method(performance, "now", () => nowMs);
  const said: string[] = [];
  const thresholds: number[] = [];
  let cpuSeconds = 0;
  const governance = govern(
    limits,
    {
      admit: (threshold: number) => void thresholds.push(threshold),
      kernelSeconds: () => 0,
    },
    { cpuSeconds: () => cpuSeconds, rssBytes: () => 0, reports: () => [] },
    (line) => said.push(line),
  );
  return {
    governance,
    said,
    thresholds,
    /** Lets that many seconds pass with a use of `cpu` cores. */
    pass(seconds: number, cpu: number) {
      for (let i = 0; i < seconds * 4; i++) {
        nowMs += 250;
        cpuSeconds += cpu / 4;
        mock.timers.tick(250);
      }
    },
    end() {
      governance[Symbol.dispose]();
      mock.timers.reset();
      mock.restoreAll();
    },
  };
}

const ALL = 0xffffffff;
const limits: CostLimits = { maxCpu: 20, maxMemoryBytes: undefined };

test("holding back is said once, however long it takes, and its end once", (t) => {
  const run = createGoverned(limits);
  t.after(run.end);
  run.pass(5, 1);
  assert.deepEqual(run.said, []);
  assert.deepEqual(run.thresholds, [], "the kernel is only told what has changed");
  run.pass(60, 100);
  assert.equal(run.said.length, 1);
  assert.match(
    run.said[0] ?? "",
    /^Holding back to stay within .+: requests are left out in the kernel\.$/,
  );
  assert.ok((run.thresholds.at(-1) ?? ALL) < ALL / 100);
  run.pass(60, 0.1);
  assert.equal(run.thresholds.at(-1), ALL);
  assert.equal(run.said.length, 2);
  assert.match(run.said[1] ?? "", /^Within .+ again: nothing is left out any more\.$/);
});

test("back and forth within half a minute is one matter", (t) => {
  const run = createGoverned(limits);
  t.after(run.end);
  for (let i = 0; i < 5; i++) {
    run.pass(5, 100);
    run.pass(15, 0.1);
  }
  assert.equal(run.said.length, 1);
  run.pass(40, 0.1);
  assert.equal(run.said.length, 2);
});

test("trouble that comes back later is said again", (t) => {
  const run = createGoverned(limits);
  t.after(run.end);
  run.pass(5, 100);
  run.pass(60, 0.1);
  run.pass(35, 0.1);
  run.pass(5, 100);
  assert.equal(run.said.length, 3);
  assert.equal(run.said[2], run.said[0]);
});

test("without a limit the kernel is left alone, and status still measures", (t) => {
  const run = createGoverned({ maxCpu: undefined, maxMemoryBytes: undefined });
  t.after(run.end);
  run.pass(10, 100);
  assert.ok(run.governance.status.cpu > 10);
  assert.deepEqual([run.said, run.thresholds], [[], []]);
});

test("after its end it looks no more", (t) => {
  const run = createGoverned(limits);
  t.after(run.end);
  run.governance[Symbol.dispose]();
  run.pass(10, 100);
  assert.deepEqual(run.thresholds, []);
});

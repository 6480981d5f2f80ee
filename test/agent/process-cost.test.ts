import assert from "node:assert/strict";
import { test } from "node:test";
import { processCpuSeconds, processRssBytes } from "../../src/agent/process-cost.ts";

/** A pid that no process has. */
const NOBODY = 2 ** 22 + 1;

test("CPU time is that of the process, fine enough for a look every half second", () => {
  const before = process.cpuUsage();
  const start = processCpuSeconds(process.pid);
  const until = performance.now() + 100;
  while (performance.now() < until);
  const seconds = processCpuSeconds(process.pid) - start;
  const { user, system } = process.cpuUsage(before);
  assert.ok(seconds > 0, "it counts up");
  assert.ok(Math.abs(seconds - (user + system) / 1e6) < 0.03, `${seconds} s`);
});

test("memory is what the process holds", () => {
  const ratio = processRssBytes(process.pid) / process.memoryUsage.rss();
  assert.ok(ratio > 0.8 && ratio < 1.25, `${ratio}`);
});

test("a process that is gone costs nothing", () => {
  assert.deepEqual([processCpuSeconds(NOBODY), processRssBytes(NOBODY)], [0, 0]);
});

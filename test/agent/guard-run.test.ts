import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { guardRun } from "../../src/agent/guard-run.ts";
import { afterMs } from "../../src/agent/long-timer.ts";
import type { StopCause } from "../../src/model/audit.ts";

const HOUR_MS = 3_600_000;

function guarded(
  t: TestContext,
  limits: { ttlMs?: number; durationMs?: number; stopFile?: string },
) {
  const said: string[] = [];
  const asked = Promise.withResolvers<StopCause>();
  const guard = guardRun({
    guard: {
      allowTargets: undefined,
      user: undefined,
      ttlMs: limits.ttlMs,
      stopFile: limits.stopFile,
    },
    durationMs: limits.durationMs,
    stop: { ask: asked.resolve },
    say: (line) => said.push(line),
  });
  t.after(() => guard[Symbol.dispose]());
  return { said, asked: asked.promise };
}

test("a run with nothing to end it says nothing", (t) => {
  assert.deepEqual(guarded(t, {}).said, []);
});

test("the time that a run may last is said at the start, and why it ended at the end", async (t) => {
  const { said, asked } = guarded(t, { ttlMs: 30 });
  assert.match(said[0] ?? "", /^Ends by itself at \d\d:\d\d\.$/);
  assert.deepEqual(await asked, { kind: "ttl" });
  assert.deepEqual(said.slice(1), ["Ending: the time that it may run is over (--ttl)."]);
});

test("the earlier end is the one that is said, with its date when it is days away", (t) => {
  const timeIn = (ms: number) => new Date(Date.now() + ms).toTimeString().slice(0, 5);
  const before = timeIn(2 * HOUR_MS);
  const { said } = guarded(t, { ttlMs: 8 * HOUR_MS, durationMs: 2 * HOUR_MS });
  assert.ok([before, timeIn(2 * HOUR_MS)].some((time) => said[0] === `Ends by itself at ${time}.`));
  const far = guarded(t, { ttlMs: 60 * 24 * HOUR_MS });
  assert.match(far.said[0] ?? "", /^Ends by itself at \d{4}-\d\d-\d\d \d\d:\d\d\.$/);
});

test("a stop file ends the run and is named", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "shadowtap-guard-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const stopFile = join(dir, "stop");
  const { said, asked } = guarded(t, { stopFile });
  writeFileSync(stopFile, "");
  assert.deepEqual(await asked, { kind: "stop_file" });
  assert.deepEqual(said, [`Ending: the stop file ${stopFile} is there.`]);
});

test("a timer may be longer than Node's, and is not over at once", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 1000;
  t.mock.method(performance, "now", () => nowMs);
  const pass = (ms: number) => {
    nowMs += ms;
    t.mock.timers.tick(ms);
  };
  let calls = 0;
  const days = 24 * HOUR_MS;
  afterMs(60 * days, () => calls++);
  for (let day = 0; day < 59; day++) pass(days);
  assert.equal(calls, 0);
  pass(days);
  assert.equal(calls, 1);
});

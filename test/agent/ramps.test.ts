import assert from "node:assert/strict";
import { test } from "node:test";
import type { PayloadReport } from "../../src/agent/messages.ts";
import { createRamps } from "../../src/agent/ramps.ts";
import { createTargetLedger, type TargetLedger } from "../../src/model/ledger.ts";
import { RAMP } from "./sample-rules.ts";

const GUARDED = { ...RAMP, guard: { maxErrorRatio: 0.01, maxP99Ms: undefined } };

/** A report of one process about one target. */
function report(change: (ledger: TargetLedger) => void): PayloadReport {
  const ledger = createTargetLedger();
  change(ledger);
  return { targets: [ledger], latency: [] } as unknown as PayloadReport;
}

function observed(ramps: ReturnType<typeof createRamps>, reports: PayloadReport[], nowMs: number) {
  const shares: [string, number][] = [];
  ramps.observe(reports, nowMs, (rule, share) => shares.push([rule, share]));
  return shares;
}

test("a share rises by the clock, and only changes are told", () => {
  const ramps = createRamps();
  assert.equal(ramps.define("a", RAMP, [0], 0), RAMP.from);
  assert.deepEqual(observed(ramps, [], 1000), []);
  assert.deepEqual(observed(ramps, [], 2000), []);
  assert.equal(observed(ramps, [], 12_000).length, 1);
  assert.deepEqual(observed(ramps, [], 60_000), [["a", RAMP.to]]);
  assert.equal(ramps.status("a")?.state, "done");
});

test("the same ramp goes on where it was; another begins anew; a forgotten one is no more", () => {
  const ramps = createRamps();
  ramps.define("a", RAMP, [0], 0);
  observed(ramps, [], 0);
  observed(ramps, [], 60_000);
  assert.equal(ramps.define("a", { ...RAMP }, [1], 61_000), RAMP.to);
  assert.equal(ramps.define("a", { ...RAMP, from: 0.02 }, [1], 61_000), 0.02);
  ramps.forget("a");
  assert.equal(ramps.status("a"), undefined);
});

test("a shadow that fails holds the ramp back; copies that were left out on purpose do not", () => {
  for (const [reason, state] of [
    ["connect_failed", "held_back"],
    ["paused", "rising"],
  ] as const) {
    const ramps = createRamps();
    ramps.define("a", GUARDED, [0], 0);
    observed(ramps, [report(() => {})], 1000);
    const bad = report((ledger) => {
      ledger.delivered = 100;
      ledger.status = { "200": 100 };
      ledger.failed.unsent[reason] = 50;
    });
    observed(ramps, [bad], 2000);
    assert.equal(ramps.status("a")?.state, state, reason);
  }
});

test("what came before the ramp is not held against it; answers of 5xx are", () => {
  const ramps = createRamps();
  const answers = (count: number) =>
    report((ledger) => {
      ledger.delivered = count;
      ledger.status = { "503": count };
    });
  ramps.define("a", GUARDED, [0], 0);
  observed(ramps, [answers(100)], 1000);
  observed(ramps, [answers(100)], 2000);
  assert.equal(ramps.status("a")?.state, "rising");
  observed(ramps, [answers(200)], 3000);
  assert.equal(ramps.status("a")?.state, "held_back");
});

import { createHistogram, type HistogramData } from "../model/histogram.ts";
import {
  add,
  createTargetLedger,
  type TargetLedger,
  total,
  type UnsentReason,
} from "../model/ledger.ts";
import type { Ramp } from "../model/rule.ts";
import type { RampStatus } from "../model/status.ts";
import { createRamp, type RampControl, type RampWindow } from "../select/ramp.ts";
import type { PayloadReport } from "./messages.ts";

/** What one ramp goes by. */
interface Ascent {
  readonly ramp: Ramp;
  readonly control: RampControl;
  targets: readonly number[];
  /** Undefined until the first look: what came before is not judged. */
  before: Outcomes | undefined;
}

/** What became of the copies for some targets, since the start of the run. */
interface Outcomes {
  readonly offered: number;
  readonly failed: number;
  readonly serverErrors: number;
  readonly latency: readonly HistogramData[];
}

/** The shares that rise by themselves. */
export interface Ramps {
  /** The rules that have a ramp, now; a ramp that is the same as before goes on where it was. Returns its share. */
  define(rule: string, ramp: Ramp, targets: readonly number[], nowMs: number): number;
  /** Ends a rule's ramp. */
  forget(rule: string): void;
  /** Takes in new reports; calls back for each share that has changed. */
  observe(
    reports: readonly PayloadReport[],
    nowMs: number,
    onShare: (rule: string, share: number, status: RampStatus) => void,
  ): void;
  status(rule: string): RampStatus | undefined;
}

/** Left out on purpose: no fault of the shadow. */
const CHOSEN: readonly UnsentReason[] = ["paused", "max_rps", "max_bandwidth", "max_in_flight"];

export function createRamps(): Ramps {
  const ascents = new Map<string, Ascent>();
  return {
    define(rule, ramp, targets, nowMs) {
      const known = ascents.get(rule);
      if (known !== undefined && JSON.stringify(known.ramp) === JSON.stringify(ramp)) {
        known.targets = targets;
        known.before = undefined;
        return known.control.share;
      }
      const control = createRamp(ramp, nowMs);
      ascents.set(rule, { ramp, control, targets, before: undefined });
      return control.share;
    },
    forget: (rule) => void ascents.delete(rule),
    observe(reports, nowMs, onShare) {
      for (const [rule, ascent] of ascents) {
        const now = outcomesOf(reports, ascent.targets);
        const window = ascent.before === undefined ? undefined : since(ascent.before, now);
        ascent.before = now;
        if (window === undefined) continue;
        const before = ascent.control.share;
        const share = ascent.control.observe(window, nowMs);
        if (share !== before) onShare(rule, share, ascent.control.status);
      }
    },
    status: (rule) => ascents.get(rule)?.control.status,
  };
}

function outcomesOf(reports: readonly PayloadReport[], targets: readonly number[]): Outcomes {
  const ledger: TargetLedger = createTargetLedger();
  const latency: HistogramData[] = [];
  for (const report of reports)
    for (const target of targets) {
      const part = report.targets[target];
      if (part !== undefined) add(ledger, part);
      const data = report.latency[target];
      if (data !== undefined) latency.push(data);
    }
  const chosen = CHOSEN.reduce((sum, reason) => sum + ledger.failed.unsent[reason], 0);
  const failed = total(ledger.failed) - chosen;
  const isServerError = ([status]: [string, number]) => Number(status) >= 500;
  return {
    offered: ledger.delivered + failed,
    failed,
    serverErrors: total(Object.fromEntries(Object.entries(ledger.status).filter(isServerError))),
    latency,
  };
}

function since(before: Outcomes, now: Outcomes): RampWindow {
  const recent = createHistogram();
  for (const [index, data] of now.latency.entries()) {
    const old = new Map<number, number>();
    const past = before.latency[index]?.buckets ?? [];
    for (let i = 0; i + 1 < past.length; i += 2) old.set(past[i] ?? 0, past[i + 1] ?? 0);
    const buckets: number[] = [];
    for (let i = 0; i + 1 < data.buckets.length; i += 2) {
      const bucket = data.buckets[i] ?? 0;
      const added = (data.buckets[i + 1] ?? 0) - (old.get(bucket) ?? 0);
      if (added > 0) buckets.push(bucket, added);
    }
    recent.merge({ buckets, maxNs: data.maxNs });
  }
  return {
    offered: now.offered - before.offered,
    failed: now.failed - before.failed,
    serverErrors: now.serverErrors - before.serverErrors,
    p99Ms: recent.quantiles()?.p99Ms,
  };
}

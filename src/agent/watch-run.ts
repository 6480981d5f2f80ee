import type { Capture } from "../capture/capture.ts";
import { ST_COUNTER } from "../capture/layout.gen.ts";
import { findListeners } from "../capture/listeners.ts";
import type { ResolvedScope } from "../capture/scope.ts";
import type { StopCause } from "../model/audit.ts";
import { seen, total } from "../model/ledger.ts";
import type { RuleSet } from "../model/rule.ts";
import type { Console } from "./console.ts";
import { afterMs } from "./long-timer.ts";
import { quietText } from "./notices.ts";
import type { PayloadPool } from "./payload-pool.ts";
import { portsOf } from "./rule-set.ts";
import { captureOf } from "./run-summary.ts";

const LOOK_INTERVAL_MS = 1_000;
/** While nothing comes: a look costs a wake-up. */
const QUIET_LOOK_INTERVAL_MS = 2_500;
const QUIET_MS = 10_000;

interface Run {
  readonly durationMs: number | undefined;
  readonly scope: ResolvedScope;
  readonly rules: { readonly set: RuleSet };
  readonly pool: Pick<PayloadPool, "reports">;
  readonly capture: Pick<Capture, "counters">;
  readonly screen: Console;
  readonly stop: { ask(cause: StopCause): void };
  readonly startedMs: number;
  /** Called at every look, for what changes by itself, such as the addresses of the node; returns interfaces that cannot be captured. */
  refresh(): readonly string[];
}

/** Looks about once a second: shows progress, says when nothing comes, and ends the run when its time is over. */
export function watchRun(run: Run): { dispose(): void } {
  const { pool, capture, screen, stop, startedMs } = run;
  let lastSeen = 0;
  let lastEmitted = 0;
  let quietSinceMs = startedMs;
  let quietSaid = false;
  let lastLookMs = startedMs;

  const look = () => {
    const nowMs = performance.now();
    for (const refusal of run.refresh())
      screen.say(`An interface has come that cannot be captured: ${refusal}.`);
    const emitted = capture.counters.records(ST_COUNTER.ST_C_EMITTED);
    if (emitted !== lastEmitted) {
      lastEmitted = emitted;
      quietSinceMs = nowMs;
      quietSaid = false;
    } else if (!quietSaid && nowMs - quietSinceMs >= QUIET_MS) {
      quietSaid = true;
      const { set } = run.rules;
      const listeners = findListeners(run.scope, portsOf(set.rules));
      const seconds = Math.round((nowMs - quietSinceMs) / 1000);
      screen.say(quietText(seconds, capture.counters.all(), listeners, set, run.scope));
    }

    const reports = pool.reports();
    const sum = (of: (report: (typeof reports)[number]) => number) =>
      reports.reduce((all, report) => all + of(report), 0);
    const ledger = captureOf(reports, capture.counters.all());
    const seenNow = seen(ledger);
    screen.progress.update({
      elapsedMs: nowMs - startedMs,
      seen: seenNow,
      delivered: sum((report) => leastDelivered(report.targets)),
      failed: sum((report) => total(report.targets.map((target) => target.failed))),
      lost: total(ledger.lost),
      shed: ledger.shed + ledger.throttled,
      ratePerSecond: ((seenNow - lastSeen) * 1000) / Math.max(1, nowMs - lastLookMs),
    });
    lastSeen = seenNow;
    lastLookMs = nowMs;
    const isQuiet = quietSinceMs !== nowMs;
    timer = setTimeout(look, isQuiet ? QUIET_LOOK_INTERVAL_MS : LOOK_INTERVAL_MS);
  };
  let timer = setTimeout(look, LOOK_INTERVAL_MS);
  const ending =
    run.durationMs === undefined
      ? undefined
      : afterMs(run.durationMs, () => stop.ask({ kind: "duration" }));
  return {
    dispose() {
      clearTimeout(timer);
      ending?.[Symbol.dispose]();
    },
  };
}

/** How many requests every target has answered. */
export function leastDelivered(targets: readonly { readonly delivered: number }[]): number {
  return targets.length === 0 ? 0 : Math.min(...targets.map((target) => target.delivered));
}

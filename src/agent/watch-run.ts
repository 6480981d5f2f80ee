import type { Capture } from "../capture/capture.ts";
import { ST_COUNTER } from "../capture/layout.gen.ts";
import { findListeners } from "../capture/listeners.ts";
import type { ResolvedScope } from "../capture/scope.ts";
import { seen, total } from "../model/ledger.ts";
import type { Console } from "./console.ts";
import { quietText } from "./notices.ts";
import type { MirrorOptions } from "./options.ts";
import type { PayloadPool } from "./payload-pool.ts";

const LOOK_INTERVAL_MS = 1_000;
/** While nothing comes: a look costs a wake-up. */
const QUIET_LOOK_INTERVAL_MS = 2_500;
const QUIET_MS = 10_000;

interface Run {
  readonly options: MirrorOptions;
  readonly scope: ResolvedScope;
  readonly pool: PayloadPool;
  readonly capture: Capture;
  readonly screen: Console;
  readonly stop: { ask(): void };
  readonly startedMs: number;
}

/** Looks about once a second: shows progress, says when nothing comes, and ends the run when its time or count is reached. */
export function watchRun(run: Run): { dispose(): void } {
  const { options, pool, capture, screen, stop, startedMs } = run;
  let lastSeen = 0;
  let lastEmitted = 0;
  let quietSinceMs = startedMs;
  let quietSaid = false;
  let lastLookMs = startedMs;

  const look = () => {
    const nowMs = performance.now();
    const emitted = capture.counters.records(ST_COUNTER.ST_C_EMITTED);
    if (emitted !== lastEmitted) {
      lastEmitted = emitted;
      quietSinceMs = nowMs;
      quietSaid = false;
    } else if (!quietSaid && nowMs - quietSinceMs >= QUIET_MS) {
      quietSaid = true;
      const listeners = findListeners(run.scope, options.ports);
      const seconds = Math.round((nowMs - quietSinceMs) / 1000);
      screen.say(quietText(seconds, capture.counters.all(), listeners, options, run.scope));
    }

    const reports = pool.reports();
    const sum = (of: (report: (typeof reports)[number]) => number) =>
      reports.reduce((all, report) => all + of(report), 0);
    const shed = capture.counters.records(ST_COUNTER.ST_C_START_SHED);
    const ringFull = capture.counters.records(ST_COUNTER.ST_C_START_RING_FULL);
    const seenNow = sum((report) => seen(report.capture)) + shed + ringFull;
    screen.progress.update({
      elapsedMs: nowMs - startedMs,
      seen: seenNow,
      delivered: sum((report) => deliveredToAll(report.targets)),
      failed: sum((report) => total(report.targets.map((target) => target.failed))),
      lost: sum((report) => total(report.capture.lost)) + ringFull,
      shed,
      ratePerSecond: ((seenNow - lastSeen) * 1000) / Math.max(1, nowMs - lastLookMs),
    });
    lastSeen = seenNow;
    lastLookMs = nowMs;
    const isQuiet = quietSinceMs !== nowMs;
    timer = setTimeout(look, isQuiet ? QUIET_LOOK_INTERVAL_MS : LOOK_INTERVAL_MS);
  };
  let timer = setTimeout(look, LOOK_INTERVAL_MS);
  const ending =
    options.durationMs === undefined ? undefined : setTimeout(() => stop.ask(), options.durationMs);
  return {
    dispose() {
      clearTimeout(timer);
      clearTimeout(ending);
    },
  };
}

/** How many requests every target has answered. */
export function deliveredToAll(targets: readonly { readonly delivered: number }[]): number {
  return Math.min(...targets.map((target) => target.delivered));
}

import type { StopCause } from "../model/audit.ts";
import { codeOf, ShadowtapError } from "../model/errors.ts";
import type { RunConfig } from "../model/run-config.ts";
import type { RunSummary } from "../model/summary.ts";
import { imbalanceOf, ledgerDocument } from "../report/ledger-json.ts";
import { detectStyle } from "../report/style.ts";
import { summaryJson } from "../report/summary-json.ts";
import { formatSummary } from "../report/summary-text.ts";
import type { LiveRun } from "./live-run.ts";
import { listenerText } from "./notices.ts";
import type { RunControl } from "./run-control.ts";
import { writeOutput } from "./run-files.ts";
import { summarise } from "./run-summary.ts";

/** Beyond the timeout of what is in flight, time to read what the ring still holds. */
const DRAIN_GRACE_MS = 2_000;

/** Ends a run in order: detaches, lets what is in flight finish, and says where every request went. `death`: what it ended of. */
export async function finishRun(run: LiveRun, control: RunControl, death: unknown): Promise<void> {
  const { options, capture, pool, rules, screen, stop, audit } = run;
  const durationMs = performance.now() - run.startedMs;

  // Detach first: from here on the live service runs as if we had never been.
  capture.detach();
  const reports = await pool.stop(longestTimeoutMs(rules.config) + DRAIN_GRACE_MS);
  const summary = summarise(reports, {
    set: rules.set,
    targets: run.registry.targets,
    startedAt: run.startedAt,
    cpuAtStart: run.cpuAtStart,
    durationMs,
    hook: run.plan.hook,
    listeners: run.listeners.map(listenerText),
    counters: capture.counters.all(),
    ringBytes: run.ringBytes * options.config.capture.workers,
    kernelSeconds: capture.kernelSeconds(),
    governor: control.governance.status,
    reloads: control.reloads,
    complete: death === undefined,
  });
  screen.sayRaw(formatSummary(summary, detectStyle(process.stderr, process.env)));
  // Before the file, which may be refused: that would be an end without a ledger.
  await audit.stop(
    death === undefined ? endOf(stop.cause) : causeOfError(death),
    ledgerOf(summary),
  );
  if (options.summaryFile !== undefined)
    writeOutput("--summary-file", options.summaryFile, summaryJson(summary));
}

/** An error as the audit trail has it. */
export function causeOfError(error: unknown): StopCause {
  const code = error instanceof ShadowtapError ? error.code : codeOf(error);
  return { kind: "error", code, message: error instanceof Error ? error.message : String(error) };
}

/** Nothing else ends a run than what asks for it. */
function endOf(cause: StopCause | undefined): StopCause {
  return cause ?? { kind: "error", code: "UNEXPECTED", message: "Nobody asked." };
}

function ledgerOf(summary: RunSummary): object {
  return { ...ledgerDocument(summary), imbalance: imbalanceOf(summary) };
}

function longestTimeoutMs({ rules }: RunConfig): number {
  return Math.max(
    0,
    ...rules.flatMap(({ targets }) => targets.map(({ options }) => options.timeoutMs)),
  );
}

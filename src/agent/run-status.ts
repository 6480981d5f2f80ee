import type { Capture } from "../capture/capture.ts";
import type { Rule } from "../model/rule.ts";
import type { GovernorStatus, ReloadStatus, RunStatus } from "../model/status.ts";
import type { LiveRules } from "./live-rules.ts";
import type { TargetState } from "./messages.ts";
import type { PayloadPool } from "./payload-pool.ts";
import { redactionSummary } from "./redactors.ts";
import { captureOf, rulesOf, selectionOf, targetSummaries } from "./run-summary.ts";
import type { TargetRegistry } from "./target-registry.ts";

/** Where a run's present state comes from. */
export interface StatusSources {
  readonly version: string;
  readonly command: "mirror" | "run";
  readonly configFile: string | undefined;
  readonly startedAt: Date;
  readonly startedMs: number;
  readonly hook: string;
  readonly listeners: readonly string[];
  readonly rules: LiveRules;
  readonly registry: TargetRegistry;
  readonly pool: Pick<PayloadPool, "reports">;
  readonly capture: Pick<Capture, "counters" | "attachments">;
  /** By name of target. */
  readonly breakers: ReadonlyMap<string, TargetState>;
  readonly paused: ReadonlySet<string>;
  readonly governance: { readonly status: GovernorStatus };
  readonly reloads: { readonly last: ReloadStatus | undefined };
}

/** A rule that is no longer in force. */
const RETIRED = { share: 0, sampleBy: "", targets: [], ramp: undefined, redaction: undefined };

export function runStatus(sources: StatusSources): RunStatus {
  const { rules, registry } = sources;
  const reports = sources.pool.reports();
  const ledgers = rulesOf(reports, rules.set);
  return {
    pid: process.pid,
    version: sources.version,
    startedAt: sources.startedAt.toISOString(),
    uptimeMs: performance.now() - sources.startedMs,
    command: sources.command,
    configFile: sources.configFile,
    hook: sources.hook,
    attachments: sources.capture.attachments,
    listeners: sources.listeners,
    generation: rules.set.generation,
    reload: sources.reloads.last,
    capture: captureOf(reports, sources.capture.counters.all()),
    selection: selectionOf(reports),
    // Those that a reload took away as well: the ledger adds up with them only.
    rules: [...ledgers].map(([name, ledger]) => {
      const rule = rules.set.rules.find((one) => one.name === name);
      if (rule === undefined) return { ...RETIRED, name, ledger };
      return {
        name,
        share: rule.share,
        sampleBy: sampleText(rule),
        targets: rule.targets.map((index) => registry.targets[index]?.name ?? ""),
        ramp: rules.rampOf(name),
        redaction: redactionSummary(rule.redact),
        ledger,
      };
    }),
    targets: targetSummaries(reports, registry.targets).map(({ name, ledger, latency }) => ({
      name,
      state: sources.breakers.get(name) ?? "closed",
      paused: sources.paused.has(name),
      ledger,
      latency,
    })),
    governor: sources.governance.status,
  };
}

/** As `--sample-by` says it. */
function sampleText({ sampleBy }: Rule): string {
  switch (sampleBy.kind) {
    case "request":
    case "connection":
      return sampleBy.kind;
    case "client":
      return "cohort:client";
    default:
      return `cohort:${sampleBy.kind}:${sampleBy.name}`;
  }
}

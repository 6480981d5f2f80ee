import type { CaptureLedger, RuleLedger, SelectionLedger, TargetLedger } from "./ledger.ts";
import type { RedactionSummary } from "./redaction.ts";

/** Quantiles of a duration, in milliseconds; undefined where nothing was measured. */
export interface Quantiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** One rule, as it was last asked for, and what it did over the whole run. */
export interface RuleSummary {
  readonly name: string;
  /** What it selects, in one line, for people. */
  readonly description: string;
  /** 0 … 1, at the end. */
  readonly share: number;
  readonly targets: readonly string[];
  /** Undefined for a rule that is no longer in force. */
  readonly redaction: RedactionSummary | undefined;
  readonly ledger: RuleLedger;
}

/** How far shadowtap held itself back to keep within its own limits. */
export interface ThrottleSummary {
  readonly maxCpu: number | undefined;
  readonly maxMemoryBytes: number | undefined;
  /** Smallest share of request starts let through, 0 … 1. */
  readonly lowestAdmitted: number;
  readonly limitedMs: number;
}

/** One target's part of the run. */
export interface TargetSummary {
  readonly name: string;
  readonly ledger: TargetLedger;
  /** From the first byte sent to the complete answer, delivered requests only. */
  readonly latency: Quantiles | undefined;
}

/** Everything that is told when a run is over: the ledger, how long things took, and what shadowtap itself cost. */
export interface RunSummary {
  readonly startedAt: Date;
  readonly durationMs: number;
  /** Hook family in use, and why if it was chosen automatically, such as `cgroup`. */
  readonly hook: string;
  /** `address:port` of the listeners that were captured. */
  readonly listeners: readonly string[];
  readonly capture: CaptureLedger;
  readonly selection: SelectionLedger;
  readonly rules: readonly RuleSummary[];
  readonly targets: readonly TargetSummary[];
  /** From a request's first byte captured to its copy's first byte sent. */
  readonly delay: Quantiles | undefined;
  /** The kernel programs' own counters by name, in records and bytes. */
  readonly kernel: Readonly<Record<string, { readonly records: number; readonly bytes: number }>>;
  /** Lines that were not printed because stdout did not take them. */
  readonly linesDropped: number;
  readonly workers: number;
  /** User and system time of shadowtap's own processes since capture began, in seconds. */
  readonly cpuSeconds: { readonly keeper: number; readonly payload: number };
  /** Peak resident memory of all processes together, ring pages included. */
  readonly maxRssBytes: number;
  readonly ringBytes: number;
  /** Run time of the programs in the kernel, estimated from one packet in 1,024. */
  readonly kernelSeconds: number;
  readonly throttle: ThrottleSummary;
  /** Changes of the rules while it ran. */
  readonly reloads: { readonly done: number; readonly refused: number };
  /** False when a payload process ended by itself: what it saw after its last report, about a second, is in no number. */
  readonly complete: boolean;
}

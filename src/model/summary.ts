import type { CaptureLedger, RuleLedger, TargetLedger } from "./ledger.ts";

/** Quantiles of a duration, in milliseconds; undefined where nothing was measured. */
export interface Quantiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What the run was asked to mirror, as it was given. */
interface RuleDescription {
  readonly path: string;
  readonly methods: readonly string[] | "all";
  readonly percent: number;
  readonly maxRps?: number;
  readonly count?: number;
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
  readonly rule: RuleDescription;
  readonly capture: CaptureLedger;
  readonly ruleLedger: RuleLedger;
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
}

import type { CaptureLedger, TargetLedger } from "../../src/model/ledger.ts";

/** What the client's load generator counted since it was last asked. */
export interface LoadReport {
  /** Requests that were answered as they should be. */
  readonly answered: number;
  /** Requests that were not, each with why: a bounded list. */
  readonly failed: number;
  readonly failures: readonly string[];
  /** Of small requests, of which there are most. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** One process of shadowtap's. */
export interface ProcessSample {
  readonly name: string;
  readonly rssBytes: number;
  readonly files: number;
}

/** One look at the processes, while the load goes on. */
export interface Sample {
  readonly atMs: number;
  readonly processes: readonly ProcessSample[];
  /** Longest delay of a payload process's event loop since its last report. */
  readonly loopLagMs: number;
}

/** Programs, maps and links in the kernel that belong to the run. */
export interface KernelObjects {
  readonly programs: number;
  readonly maps: number;
  readonly links: number;
}

/** Everything that is known at a rest point: the load has paused, and nothing is on its way. */
export interface Checkpoint {
  readonly atMs: number;
  readonly load: LoadReport;
  /** Requests since the run began, by the live server's own counter. */
  readonly served: number;
  readonly seen: number;
  readonly capture: CaptureLedger;
  readonly target: TargetLedger;
  /** What does not add up, as sentences. */
  readonly imbalance: readonly string[];
  readonly processes: readonly ProcessSample[];
  readonly objects: KernelObjects;
}

/** A thing that was done to the run, and whether it went as it should. */
export interface Disturbance {
  readonly atMs: number;
  readonly kind: "reload" | "restart" | "pause";
  readonly fault: string | undefined;
}

/** The run did not answer its admin socket. */
export interface Silence {
  readonly atMs: number;
  readonly message: string;
}

/** One soak, from its beginning to its end. */
export interface History {
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly intervalMs: number;
  /** Of the same load without shadowtap. */
  readonly control: LoadReport;
  /** The clients of the warm-up. */
  readonly warmUpLoads: readonly LoadReport[];
  readonly samples: readonly Sample[];
  readonly checkpoints: readonly Checkpoint[];
  readonly disturbances: readonly Disturbance[];
  readonly silences: readonly Silence[];
  readonly end: {
    readonly exitCode: number | null;
    /** What does not add up in the summary. */
    readonly imbalance: readonly string[];
    readonly seen: number;
    readonly served: number;
    readonly delivered: number;
    readonly cpuSeconds: number;
    /** What of the run is still in the kernel. */
    readonly leftBehind: KernelObjects;
    /** What it said on stderr, for a run that ended as it should not. */
    readonly stderr: string;
  };
}

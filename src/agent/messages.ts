import type { HistogramData } from "../model/histogram.ts";
import type { CaptureLedger, RuleLedger, TargetLedger } from "../model/ledger.ts";
import type { OutputKind } from "../model/output.ts";
import type { HostPolicy, Target } from "../model/target.ts";

/**
 * What keeper and payload process say to each other over Node's IPC channel, as JSON. No payload crosses it.
 *
 *     keeper  --start-->  payload   --ready-->     keeper
 *             --admitted->          --resolved-->           addresses wait for `admitted`
 *             --stop-->             --report (final)->
 */
export type KeeperMessage =
  | { readonly kind: "start"; readonly config: PayloadConfig }
  /** The addresses of `resolved` with this id are excluded in the kernel: connect. */
  | { readonly kind: "admitted"; readonly id: number }
  /** Capture is detached: drain the ring, finish what is pending within the grace, report and exit. */
  | { readonly kind: "stop"; readonly graceMs: number };

export type PayloadMessage =
  | { readonly kind: "ready" }
  | {
      readonly kind: "resolved";
      readonly id: number;
      readonly targetIndex: number;
      readonly addresses: readonly string[];
    }
  | { readonly kind: "notice"; readonly notice: string; readonly server: string }
  | {
      readonly kind: "target_state";
      readonly targetIndex: number;
      readonly state: string;
      readonly reason: string;
    }
  /** Asks to be put in the idle class, or back. */
  | { readonly kind: "yield"; readonly yielding: boolean }
  | { readonly kind: "stdout_closed" }
  | { readonly kind: "report"; readonly report: PayloadReport; readonly final: boolean };

/** Everything that a payload process is told; it reads no file and no environment. */
export interface PayloadConfig {
  readonly ringIndex: number;
  readonly ringBytes: number;
  readonly targets: readonly Target[];
  readonly rule: {
    readonly path: string;
    readonly methods: readonly string[] | "all";
    readonly percent: number;
    readonly maxRps: number | undefined;
    readonly count: number | undefined;
  };
  readonly pipeline: number;
  readonly timeoutMs: number;
  readonly setHeaders: readonly (readonly [name: string, value: string])[];
  readonly removeHeaders: readonly string[];
  readonly host: HostPolicy;
  readonly ca: string | undefined;
  readonly insecure: boolean;
  readonly output: OutputKind;
  readonly colour: boolean;
  readonly unicode: boolean;
}

/** State of one payload process; everything counts from its start. */
export interface PayloadReport {
  readonly capture: CaptureLedger;
  readonly rule: RuleLedger;
  readonly targets: readonly TargetLedger[];
  /** Per target, delivered requests: first byte sent to complete answer. */
  readonly latency: readonly HistogramData[];
  /** First byte captured to first byte sent. */
  readonly delay: HistogramData;
  readonly linesDropped: number;
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
}

/** Descriptors that a payload process inherits, behind stdio and the IPC channel. */
export const INHERITED = { ring: 4, ringControl: 5, ownTable: 6 } as const;

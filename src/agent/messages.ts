import type { HistogramData } from "../model/histogram.ts";
import type { CaptureLedger, RuleLedger, SelectionLedger, TargetLedger } from "../model/ledger.ts";
import type { OutputKind } from "../model/output.ts";
import type { PlanTally } from "../model/plan.ts";
import type { RuleSet } from "../model/rule.ts";
import type { Target } from "../model/target.ts";
import type { SystemUser } from "./system-user.ts";

/**
 * What keeper and payload process say to each other over Node's IPC channel, as JSON. No payload crosses it.
 *
 *     keeper  --start-->   payload
 *             --rules-->             --rules_ready-->  keeper   before the kernel goes by them
 *             --admitted->           --resolved-->              addresses wait for `admitted`
 *             --stop-->              --report (final)->
 */
export type KeeperMessage =
  | { readonly kind: "start"; readonly config: PayloadConfig }
  /** Another rule set; the one before it is kept for what the kernel chose by it. Targets are all so far, by index. */
  | { readonly kind: "rules"; readonly set: RuleSet; readonly targets: readonly Target[] }
  /** Targets that no rule names any more. */
  | { readonly kind: "retire"; readonly targets: readonly number[] }
  | { readonly kind: "share"; readonly rule: string; readonly share: number }
  /** Stand-ins are made with this from now on; base64. */
  | { readonly kind: "redaction_key"; readonly key: string }
  | { readonly kind: "pause"; readonly target: number; readonly paused: boolean }
  /** Of the addresses of `resolved` with this id copies may go to these, which are excluded in the kernel: connect. */
  | { readonly kind: "admitted"; readonly id: number; readonly addresses: readonly string[] }
  /** Capture is detached: drain the ring, finish what is pending within the grace, report and exit. */
  | { readonly kind: "stop"; readonly graceMs: number };

export type PayloadMessage =
  | { readonly kind: "rules_ready"; readonly generation: number }
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
      readonly state: TargetState;
      readonly reason: string;
    }
  /** Asks to be put in the idle class, or back. */
  | { readonly kind: "yield"; readonly yielding: boolean }
  | { readonly kind: "stdout_closed" }
  | { readonly kind: "report"; readonly report: PayloadReport; readonly final: boolean };

/** Of a target's breaker. */
export type TargetState = "closed" | "open" | "half_open";

/** Everything that a payload process is told at its start; it reads no file and no environment. */
export interface PayloadConfig {
  readonly ringIndex: number;
  readonly ringBytes: number;
  /** How many processes share the traffic, and with it the budgets. */
  readonly workers: number;
  /** Only counts what would be mirrored. */
  readonly planning: boolean;
  readonly output: OutputKind;
  readonly colour: boolean;
  readonly unicode: boolean;
  /** What stand-ins are made with; base64. */
  readonly redactionKey: string;
  /** Whom it becomes; undefined: it stays who it is. */
  readonly user: SystemUser | undefined;
}

/** State of one payload process; everything counts from its start. */
export interface PayloadReport {
  readonly capture: CaptureLedger;
  readonly selection: SelectionLedger;
  readonly rules: Readonly<Record<string, RuleLedger>>;
  readonly targets: readonly TargetLedger[];
  /** Per target, delivered requests: first byte sent to complete answer. */
  readonly latency: readonly HistogramData[];
  /** First byte captured to first byte sent. */
  readonly delay: HistogramData;
  readonly plan: PlanTally | undefined;
  readonly linesDropped: number;
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
  /** Since the last report: the ring's highest fill, 0 … 1, and the longest time between two looks at it while there was work. */
  readonly ringUsed: number;
  readonly loopLagMs: number;
}

/** Descriptors that a payload process inherits, behind stdio and the IPC channel. */
export const INHERITED = { ring: 4, ringControl: 5, ownTable: 6 } as const;

import type { CaptureLedger, RuleLedger, SelectionLedger, TargetLedger } from "./ledger.ts";
import type { RedactionSummary } from "./redaction.ts";
import type { Quantiles } from "./summary.ts";

/** What keeps a rule's share where it is. */
export interface RampStatus {
  /** 1 … `steps`. */
  readonly step: number;
  readonly steps: number;
  readonly state: "rising" | "held_back" | "done";
  /** Why it last stepped back, as a sentence; undefined when it never did. */
  readonly reason: string | undefined;
}

export interface RuleStatus {
  readonly name: string;
  /** 0 … 1, now. */
  readonly share: number;
  readonly sampleBy: string;
  readonly targets: readonly string[];
  readonly ramp: RampStatus | undefined;
  /** Undefined for a rule that is no longer in force. */
  readonly redaction: RedactionSummary | undefined;
  readonly ledger: RuleLedger;
}

export interface TargetStatus {
  readonly name: string;
  /** Of its breaker. */
  readonly state: "closed" | "open" | "half_open";
  readonly paused: boolean;
  readonly ledger: TargetLedger;
  readonly latency: Quantiles | undefined;
}

/** What shadowtap costs, against what it may cost. Shares of one core. */
export interface GovernorStatus {
  readonly maxCpu: number | undefined;
  readonly maxMemoryBytes: number | undefined;
  /** User and system time of its processes, over the last second or so. */
  readonly cpu: number;
  /** Run time of its programs in the kernel, estimated from one packet in 1,024. */
  readonly kernelCpu: number;
  readonly memoryBytes: number;
  /** Share of request starts that the kernel lets through, 0 … 1; 1 when nothing is held back. */
  readonly admitted: number;
  /** The smallest share so far, and for how long in all it was below 1. */
  readonly lowestAdmitted: number;
  readonly limitedMs: number;
  /** Fill of the fullest ring, 0 … 1. */
  readonly ringUsed: number;
  /** Longest delay of the event loop of a payload process since its last report. */
  readonly loopLagMs: number;
}

/** The outcome of the last change of the rules. */
export interface ReloadStatus {
  readonly at: string;
  readonly ok: boolean;
  /** One line. */
  readonly message: string;
}

/** What `shadowtap status` shows of a run. */
export interface RunStatus {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  readonly uptimeMs: number;
  readonly command: "mirror" | "run";
  /** Path of the rules file; undefined for `mirror`. */
  readonly configFile: string | undefined;
  readonly hook: string;
  readonly attachments: readonly string[];
  readonly listeners: readonly string[];
  readonly generation: number;
  readonly reload: ReloadStatus | undefined;
  readonly capture: CaptureLedger;
  readonly selection: SelectionLedger;
  readonly rules: readonly RuleStatus[];
  readonly targets: readonly TargetStatus[];
  readonly governor: GovernorStatus;
}

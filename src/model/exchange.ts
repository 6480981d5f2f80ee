import type { UnansweredReason, UnsentReason } from "./ledger.ts";
import type { Redacted } from "./redaction.ts";

/** How one mirrored request ended at one target. */
export type Outcome =
  | { readonly kind: "delivered"; readonly status: number; readonly latencyNs: number }
  | { readonly kind: "unsent"; readonly reason: UnsentReason }
  | { readonly kind: "sent_unanswered"; readonly reason: UnansweredReason };

/**
 * One offered request and what became of it, live and at the shadow. Filled in as it is learnt; it holds no payload.
 * A class for one hidden class: one is made for every mirrored request.
 */
export class Exchange {
  /** Name of the rule that chose it. */
  readonly rule: string;
  readonly method: string;
  /** Request target without its query. */
  readonly path: Redacted<string>;
  /** First byte captured, CLOCK_MONOTONIC nanoseconds. */
  readonly requestTimeNs: number;
  /** `address:port` of the live client's connection, for lines. */
  readonly connectionId: number;
  /** Status of the live answer; 0 while unknown, or when it could not be told (pipelined connections). */
  liveStatus = 0;
  /** Live answer began this long after the request began; 0 while unknown. */
  liveLatencyNs = 0;
  /** Targets at which it is not decided yet, and whether all others answered. */
  copiesLeft: number;
  allDelivered = true;

  constructor(
    rule: string,
    method: string,
    path: Redacted<string>,
    requestTimeNs: number,
    connectionId: number,
    copies = 1,
  ) {
    this.rule = rule;
    this.copiesLeft = copies;
    this.method = method;
    this.path = path;
    this.requestTimeNs = requestTimeNs;
    this.connectionId = connectionId;
  }
}

/** Told once per exchange and target, when its outcome is final. `sentTimeNs` is 0 when nothing was sent. */
export type OutcomeSink = (
  exchange: Exchange,
  targetIndex: number,
  outcome: Outcome,
  sentTimeNs: number,
) => void;

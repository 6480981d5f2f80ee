import type { LiveConnection } from "./connection.ts";
import type { RefusalReason } from "./redaction.ts";
import type { RequestView } from "./request.ts";
import type { Rule } from "./rule.ts";

/** Decides about every request that is read, by the rule set that the kernel let it through by. */
export interface Selection {
  /**
   * Enters the request in the ledgers and calls `offer` for each rule that wants it mirrored, now, in the order of the rules. The request's
   * `bodyBytes` (Content-Length of a streamed one) counts against budgets.
   */
  decide(connection: LiveConnection, request: RequestView, offer: (rule: Rule) => void): void;
  /** What was chosen goes to the rule's targets, or its redaction refuses it: one of the two follows each call of `offer`. */
  offered(rule: Rule): void;
  refused(rule: Rule, reason: RefusalReason): void;
  /** An offered request of this rule is decided at every target; `isDelivered`: at all of them by an answer. */
  settled(rule: Rule, isDelivered: boolean): void;
}

import type { LiveConnection } from "./connection.ts";
import type { RequestView } from "./request.ts";
import type { Rule } from "./rule.ts";

/** Decides about every request that is read, by the rule set that the kernel let it through by. */
export interface Selection {
  /**
   * Enters the request in the ledgers and calls `offer` for each rule that wants it mirrored, now, in the order of the rules. The request's
   * `bodyBytes` (Content-Length of a streamed one) counts against budgets.
   */
  decide(connection: LiveConnection, request: RequestView, offer: (rule: Rule) => void): void;
  /** An offered request of this rule is decided at every target; `isDelivered`: at all of them by an answer. */
  settled(rule: Rule, isDelivered: boolean): void;
}

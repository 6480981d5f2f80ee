import { createRuleLedger, type RuleLedger } from "../model/ledger.ts";
import type { RefusalReason } from "../model/redaction.ts";
import type { RequestView } from "../model/request.ts";
import type { Rule } from "../model/rule.ts";
import { createTokenBucket, type TokenBucket } from "../model/token-bucket.ts";
import { requestBytes } from "./match/body-size.ts";

/** What is known of a rule by its name, whichever generation of rules it is in. */
export interface RuleState {
  readonly ledger: RuleLedger;
  /** Goes by this definition of the rule from now on; what was spent stays spent. */
  define(rule: Rule): void;
  /**
   * Whether the budgets let one more request pass, and if so spends it: `offered` or `refused` is to follow. If not, enters why: the
   * first limit, in the order of the checks, that says no.
   */
  admit(request: RequestView): boolean;
  offered(targets: number): void;
  /** Its redaction did not let it pass: it is over. */
  refused(reason: RefusalReason): void;
  settle(isDelivered: boolean): void;
}

/** The bucket at its new rate; a new one if there was none, none if there is no limit. */
function redefine(
  bucket: TokenBucket | undefined,
  ratePerSecond: number | undefined,
  nowNs: number,
): TokenBucket | undefined {
  if (ratePerSecond === undefined) return undefined;
  if (bucket === undefined) return createTokenBucket(ratePerSecond, nowNs);
  bucket.setRate(ratePerSecond, nowNs);
  return bucket;
}

export function createRuleState(nowNs: () => number): RuleState {
  const ledger = createRuleLedger();
  let inFlight = 0;
  let delivered = 0;
  let maxInFlight = Number.POSITIVE_INFINITY;
  let count = Number.POSITIVE_INFINITY;
  let requests: TokenBucket | undefined;
  let bytes: TokenBucket | undefined;

  /** Looks at every limit before it takes from any: a request that one refuses must not use up another. */
  const passes = (request: RequestView): boolean => {
    const over = ledger.over_budget;
    if (delivered + inFlight >= count) {
      over.count++;
      return false;
    }
    if (inFlight >= maxInFlight) {
      over.max_in_flight++;
      return false;
    }
    if (requests === undefined && bytes === undefined) return true;
    const now = nowNs();
    if (requests !== undefined && !requests.has(1, now)) {
      over.max_rps++;
      return false;
    }
    if (bytes !== undefined) {
      const size = requestBytes(request);
      if (!bytes.has(size, now)) {
        over.max_bandwidth++;
        return false;
      }
      bytes.take(size);
    }
    requests?.take(1);
    return true;
  };

  return {
    ledger,
    define(rule) {
      const { budget } = rule;
      const now = nowNs();
      count = rule.count ?? Number.POSITIVE_INFINITY;
      maxInFlight = budget.inFlight ?? Number.POSITIVE_INFINITY;
      requests = redefine(requests, budget.requestsPerSecond, now);
      bytes = redefine(bytes, budget.bytesPerSecond, now);
    },
    admit(request) {
      if (!passes(request)) return false;
      inFlight++;
      return true;
    },
    offered(targets) {
      ledger.offered++;
      ledger.copies += targets;
    },
    refused(reason) {
      ledger.refused[reason]++;
      inFlight--;
    },
    settle(isDelivered) {
      inFlight--;
      if (isDelivered) delivered++;
    },
  };
}

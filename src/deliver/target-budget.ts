import type { UnsentReason } from "../model/ledger.ts";
import type { Budget } from "../model/rule.ts";
import { createTokenBucket } from "../model/token-bucket.ts";

/** What one target may be sent. Asking takes nothing: only what is really accepted is paid for. */
export interface TargetBudget {
  /**
   * Why another copy may not be accepted; undefined when it may. A copy that is larger than one second's bytes may when
   * nothing was spent, or it never could.
   */
  refusal(maxCopyBytes: number, inFlight: number): UnsentReason | undefined;
  /** Pays for one copy; for a streamed request, its head. */
  spendCopy(bytes: number): void;
  /** Pays for a piece of a streamed body, which cannot be refused any more: later copies are, until it is paid off. */
  spendBody(bytes: number): void;
}

/** Undefined when there is no limit, so that nothing is done for every request. */
export function createTargetBudget(budget: Budget, nowNs: () => number): TargetBudget | undefined {
  const { requestsPerSecond, bytesPerSecond, inFlight: maxInFlight } = budget;
  const bucket = (rate: number | undefined) =>
    rate === undefined ? undefined : createTokenBucket(rate, nowNs());
  const requests = bucket(requestsPerSecond);
  const bytes = bucket(bytesPerSecond);
  if (requests === undefined && bytes === undefined && maxInFlight === undefined) return undefined;

  return {
    refusal(maxCopyBytes, inFlight) {
      if (maxInFlight !== undefined && inFlight >= maxInFlight) return "max_in_flight";
      if (requests === undefined && bytes === undefined) return undefined;
      const now = nowNs();
      if (requests?.has(1, now) === false) return "max_rps";
      if (bytes?.has(maxCopyBytes, now) === false) return "max_bandwidth";
      return undefined;
    },
    spendCopy(copyBytes) {
      requests?.take(1);
      bytes?.take(copyBytes);
    },
    spendBody(bodyBytes) {
      bytes?.take(bodyBytes);
    },
  };
}

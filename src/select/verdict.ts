import type { RuleLedger } from "../model/ledger.ts";

/** What the rule says about one request. Small integers, since one is made for every request that is read. */
export const Verdict = {
  offered: 0,
  notMatched: 1,
  heldBackMethod: 2,
  sampledOut: 3,
  overBudgetMaxRps: 4,
  overBudgetCount: 5,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** Enters one decoded request and its verdict in the ledger, so that the rule's identity holds by construction. */
export function countVerdict(ledger: RuleLedger, verdict: Verdict): void {
  ledger.decoded++;
  switch (verdict) {
    case Verdict.offered:
      ledger.offered++;
      return;
    case Verdict.notMatched:
      ledger.not_matched++;
      return;
    case Verdict.heldBackMethod:
      ledger.held_back.method++;
      return;
    case Verdict.sampledOut:
      ledger.sampled_out++;
      return;
    case Verdict.overBudgetMaxRps:
      ledger.over_budget.max_rps++;
      return;
    case Verdict.overBudgetCount:
      ledger.over_budget.count++;
      return;
  }
}

import type { UnsentReason } from "../model/ledger.ts";
import type { AddressBook } from "./address-book.ts";
import type { Breaker } from "./breaker.ts";
import type { TargetBudget } from "./target-budget.ts";

/** What becomes of an offer: it is accepted, accepted as the breaker's probe, or why not. */
export type Verdict = "yes" | "probe" | UnsentReason;

/**
 * Who may be offered to one target. The questions come in the order of what they cost: the breaker is the last, because
 * its probe is spent by asking. A class for one hidden class: its methods run for every mirrored request.
 */
export class Admission {
  stopping = false;
  paused = false;
  /** Offered and accepted, and not decided. */
  inFlight = 0;
  private readonly budget: TargetBudget | undefined;
  private readonly breaker: Breaker;
  private readonly addresses: Pick<AddressBook, "isRefused">;

  constructor(
    budget: TargetBudget | undefined,
    breaker: Breaker,
    addresses: Pick<AddressBook, "isRefused">,
  ) {
    this.addresses = addresses;
    this.budget = budget;
    this.breaker = breaker;
  }

  /** `maxBytes`: the copy is no longer than that. */
  ask(maxBytes: number): Verdict {
    if (this.stopping) return "stopping";
    if (this.paused) return "paused";
    if (this.addresses.isRefused()) return "address_refused";
    if (this.budget !== undefined) {
      const refusal = this.budget.refusal(maxBytes, this.inFlight);
      if (refusal !== undefined) return refusal;
    }
    const verdict = this.breaker.admit();
    return verdict === "no" ? "breaker_open" : verdict;
  }

  /** A copy was accepted: it has so many bytes, without a body that follows. */
  accepted(bytes: number): void {
    this.inFlight++;
    if (this.budget !== undefined) this.budget.spendCopy(bytes);
  }

  /** A piece of a streamed body was accepted. */
  acceptedBody(bytes: number): void {
    if (this.budget !== undefined) this.budget.spendBody(bytes);
  }

  decided(): void {
    this.inFlight--;
  }
}

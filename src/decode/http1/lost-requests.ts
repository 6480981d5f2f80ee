import type { CaptureLedger } from "../../model/ledger.ts";
import { SegmentFlag } from "../../model/segment.ts";
import type { Progress } from "./request-decoder.ts";

/**
 * Why client bytes are missing. `ring_full` and `skipped`: the record after the hole said so, and the capture counted the
 * requests that begin in it. `selected`: so did it, and they are whole requests that the rules left out. `unseen`: nobody
 * knows.
 */
export type HoleCause = "ring_full" | "skipped" | "selected" | "unseen";

/** The cause that `SegmentFlag` bits announce for a hole before their record. */
export function announcedCause(flags: number): HoleCause {
  if (flags & SegmentFlag.lostBefore) return "ring_full";
  if (flags & SegmentFlag.skippedBefore) return "skipped";
  return flags & SegmentFlag.selectedBefore ? "selected" : "unseen";
}

/**
 * Counts, once each, the requests of one connection that cannot be read while its message boundaries are unknown. Only answers
 * tell how many there are: each that begins is one request, unless that request is accounted for already (`owed`).
 */
export class LostRequests {
  private readonly ledger: CaptureLedger;
  /** Answers that are still due to requests that have been accounted for. */
  owed: number;
  /** How many of them are due only if the requests in an announced hole were not answered before it ended. */
  private guessed = 0;

  constructor(ledger: CaptureLedger, owed: number) {
    this.ledger = ledger;
    this.owed = owed;
  }

  /**
   * A hole where boundaries were known, `progress` into a message that has been answered already or not. `starts`: how many requests
   * begin in it that the capture counted, and whose answers may be yet to come.
   */
  holeInSync(cause: HoleCause, starts: number, progress: Progress, isAnswered: boolean): void {
    if (progress !== "none" || cause !== "unseen") this.expect(starts);
    if (progress === "held") this.broken(cause);
    else if (progress === "none" && cause === "unseen") {
      this.ledger.lost.gap++;
      this.ledger.estimated++;
      this.owed++;
    }
    if (progress === "held" && !isAnswered) this.owed++;
  }

  /** A hole while boundaries are unknown. */
  hole(cause: HoleCause, starts: number): void {
    if (cause !== "unseen") this.expect(starts);
  }

  /** A request that was being read, and is not counted under anything yet, was hit by a hole. */
  private broken(cause: HoleCause): void {
    if (cause === "ring_full") this.ledger.lost.ring_full++;
    else if (cause === "skipped") this.ledger.shed++;
    else this.ledger.lost.gap++;
  }

  /** Answers may be due to requests that the capture counted. */
  expect(answers: number): void {
    this.owed += answers;
    this.guessed += answers;
  }

  /** Client bytes came that cannot be read; `flags` are their record's `SegmentFlag` bits. */
  clientRecord(flags: number): void {
    if (flags & SegmentFlag.atBoundary) this.owed = Math.max(0, this.owed - this.guessed);
    this.guessed = 0;
  }

  /** A final answer began that confirms nothing. Returns whether it was owed. */
  answer(): boolean {
    if (this.owed === 0) {
      this.ledger.lost.joined_mid_stream++;
      return false;
    }
    this.owed--;
    this.guessed = Math.min(this.guessed, this.owed);
    return true;
  }
}

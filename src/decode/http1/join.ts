import type { CaptureLedger } from "../../model/ledger.ts";
import { SegmentFlag } from "../../model/segment.ts";
import { CharClass, LF, runEnd, SP } from "./char-class.ts";
import { LostRequests } from "./lost-requests.ts";
import { RequestTraces } from "./request-traces.ts";

const MAX_METHOD_BYTES = 32;

/**
 * Finds a message boundary in a connection that is not known from its start: joined, hit by a hole, or after a refused message.
 * A body may contain text that looks like a request, so one is believed only when all of this holds:
 *
 *     the client's segment begins exactly where the server had read to when its last final answer began, and no interim
 *       one came since (after a 100 the client goes on with its body): the capture says so
 *     no answer is due to an earlier request that we know of
 *     exactly one request and nothing after it comes (an early answer may be followed by the rest of a body and a real
 *       request; a lone spoof is followed by no answer)
 *     the next answer is final, acknowledges exactly that request's end, and begins where the client had read to
 *
 * This class judges the first two; the session sees to the others. What remains: a client that pipelined several requests where
 * we did not see it (before we joined, or in a hole), the last of them with a body that it sends in step with the answers,
 * can pass off that body as requests. It cannot bring this about where we see everything: see request-traces.ts.
 */
export class Join {
  readonly lost: LostRequests;
  private traces: RequestTraces | undefined;

  /** `owed` answers are due to requests that are accounted for. */
  constructor(ledger: CaptureLedger, owed: number) {
    this.lost = new LostRequests(ledger, owed);
  }

  /** Client bytes that nobody decodes: whether a request may be supposed to begin with them. */
  mayBegin(bytes: Uint8Array, start: number, end: number, flags: number): boolean {
    const isTraced = this.traces !== undefined && this.traces.count > 0;
    this.passed(bytes, start, end);
    this.lost.clientRecord(flags);
    return (
      (flags & SegmentFlag.atBoundary) !== 0 &&
      this.lost.owed === 0 &&
      !isTraced &&
      beginsLikeRequest(bytes, start, end)
    );
  }

  /** Client bytes that are not known to be requests. */
  passed(bytes: Uint8Array, start: number, end: number): void {
    this.traces?.scan(bytes, start, end);
  }

  /** From here on the client is one whose messages we and the server may read differently; it begins with `bytes`. */
  distrust(bytes: Uint8Array, start: number, end: number, beginsWithRequest: boolean): void {
    const lineEnd = bytes.subarray(start, end).indexOf(LF);
    const bodyStart = lineEnd < 0 ? end : start + lineEnd + 1;
    this.traces = new RequestTraces();
    this.traces.scan(bytes, start, bodyStart);
    // Its own request line is no trace of another request.
    if (beginsWithRequest) this.traces.answer();
    this.traces.scan(bytes, bodyStart, end);
  }

  /** A final answer began, and confirmed nothing. */
  answered(): void {
    if (!this.lost.answer()) this.traces?.answer();
  }
}

/** A method and a space: what a request line begins with, RFC 9112 section 3. */
function beginsLikeRequest(bytes: Uint8Array, start: number, end: number): boolean {
  const limit = Math.min(end, start + MAX_METHOD_BYTES);
  const at = runEnd(bytes, start, limit, CharClass.token);
  return at > start && at < limit && bytes[at] === SP;
}

import type { RequestSink } from "../../model/request.ts";

/**
 * Pairs live answers with the requests they answer. Only the beginning of an answer is seen, and only when it begins a
 * segment, so a status is told when exactly one request is outstanding; of pipelined ones it stays unknown.
 */
export class LiveStatus {
  private readonly sink: RequestSink;
  /** Requests handed on (or counted) whose answer has not begun. */
  outstanding = 0;
  /** Stands for the one outstanding request. */
  private token: object | undefined;
  /** The one outstanding request has been so since it was sent: nothing was pipelined with it. */
  private isAlone = false;
  /** Requests that were left out are pipelined with others: whose answers come is not certain. */
  private isMixed = false;
  /** What the client had acknowledged when it sent the last request. */
  private ackAtRequest = 0;
  /** The answer to the request that is still being read, if it has begun: its status, or 0. */
  private earlyStatus = 0;
  private earlyTimeNs = 0;

  constructor(sink: RequestSink) {
    this.sink = sink;
  }

  /** The request that is still being read was answered early (as with 413). */
  get isAnsweredEarly(): boolean {
    return this.earlyStatus !== 0;
  }

  /** A request was handed on; `ack` is what the client had acknowledged by then, as int32. */
  sent(token: object | undefined, ack: number): void {
    if (this.earlyStatus !== 0) {
      if (token !== undefined) this.sink.response(token, this.earlyStatus, this.earlyTimeNs);
      this.earlyStatus = 0;
      return;
    }
    this.read(ack);
    this.outstanding++;
    this.isAlone = this.outstanding === 1 && !this.isMixed;
    this.token = this.isAlone ? token : undefined;
    this.ackAtRequest = ack;
  }

  /**
   * Requests were left out by the rules; `ack` is what the client has acknowledged since, as int32. `isAnswered`: what comes
   * next was sent after their answers. If not, or while requests before them are not answered, they are pipelined: then an
   * answer to one of them may be seen, or one to another not, and until they are left out otherwise no request that
   * follows is told a status.
   */
  leftOut(ack: number, isAnswered: boolean): void {
    this.read(ack);
    this.isMixed = this.outstanding > 0 || !isAnswered;
  }

  /** The client has read more from the server since the only outstanding request: its answer came, and was not seen. */
  private read(ack: number): void {
    if (!this.isAlone || ((ack - this.ackAtRequest) | 0) <= 0) return;
    this.outstanding = 0;
    this.token = undefined;
    this.isAlone = false;
  }

  /** An interim answer ended at `nextSeq`, as int32: having read it says nothing about the final one. */
  interim(nextSeq: number): void {
    this.ackAtRequest = nextSeq;
  }

  /** A final answer began; `isReading`: a request that is not handed on yet is being read. */
  answered(status: number, timeNs: number, isReading: boolean): void {
    if (this.outstanding === 0) {
      if (isReading && this.earlyStatus === 0) {
        this.earlyStatus = status;
        this.earlyTimeNs = timeNs;
      }
      return;
    }
    const token = this.token;
    this.outstanding--;
    this.token = undefined;
    this.isAlone = false;
    if (token !== undefined) this.sink.response(token, status, timeNs);
  }

  /** Forgets everything; no status is told for what was outstanding. */
  clear(): void {
    this.outstanding = 0;
    this.token = undefined;
    this.isAlone = false;
    this.isMixed = false;
    this.earlyStatus = 0;
  }
}

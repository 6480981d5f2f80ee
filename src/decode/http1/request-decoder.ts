import type { MalformedReason } from "../../model/ledger.ts";
import type { BodyReceiver, CutReason } from "../../model/request.ts";
import type { HoldArena } from "../hold-arena.ts";
import { CR, LF } from "./char-class.ts";
import { ChunkedBody } from "./chunked-body.ts";
import { HeadEnd } from "./head-end.ts";
import { HeldBytes } from "./held-bytes.ts";
import { HeadCode, type RequestHead, reasonOf } from "./request-head.ts";

/** What a decoder tells its owner. Any call may `halt` or `abandon` the decoder; views are valid only during the call. */
export interface MessageSink {
  /** A whole request, body included. */
  whole(head: RequestHead): void;
  /** The head of a request whose body is too large to hold; undefined skips the body. */
  streamed(head: RequestHead): BodyReceiver | undefined;
  /**
   * The bytes are no HTTP/1.x request; `bytes[start … end)` begins with the message that is at fault, and what was pushed
   * beyond `end` is left. `wasStreamed`: its head was handed on and its receiver cut, and the bytes begin in its body.
   */
  faulted(
    reason: MalformedReason,
    wasStreamed: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** There is no memory left to hold the message that has begun. */
  overflowed(): void;
}

/** What all decoders of one process share. */
export interface DecoderShared {
  readonly head: RequestHead;
  readonly arena: HoldArena;
  readonly maxHeadBytes: number;
  readonly holdBytes: number;
}

/** How far the message had come that was abandoned. */
export type Progress = "none" | "held" | "streamed";

const State = {
  between: 0,
  head: 1,
  lengthHeld: 2,
  chunkedHeld: 3,
  lengthStreamed: 4,
  chunkedStreamed: 5,
} as const;

/**
 * Cuts one client's bytes into HTTP/1.x requests, RFC 9112. No I/O and no clock: bytes in, calls to `owner` out.
 *
 * A request that is complete in the bytes pushed is handed on where it lies. One that is not is copied, until it is complete
 * or its body passes `holdBytes`; from then on the body goes straight to its receiver. A class: one lives per connection.
 */
export class RequestDecoder {
  private readonly owner: MessageSink;
  private readonly shared: DecoderShared;
  private state: number = State.between;
  private halted = false;
  /** A CR before a request line was seen and its LF is due. */
  private leadingCr = false;
  /** The last request said that no other follows. */
  private wasLast = false;
  private readonly held: HeldBytes;
  /** How much of what is held is the head, once that is complete. */
  private headBytes = 0;
  private headEnd: HeadEnd | undefined;
  private remaining = 0;
  private chunked: ChunkedBody | undefined;
  private receiver: BodyReceiver | undefined;
  private timeNs = 0;
  /** The number drawn for the message that has begun; -1 without. */
  private sample = -1;
  /** The same for the message that begins next. */
  private nextSample = -1;

  constructor(owner: MessageSink, shared: DecoderShared) {
    this.owner = owner;
    this.shared = shared;
    this.held = new HeldBytes(shared.arena);
  }

  /** No message has begun that is not complete. */
  get isBetween(): boolean {
    return this.state === State.between;
  }

  /** A message has begun that is held until it is complete. */
  get isHolding(): boolean {
    return this.state !== State.between && this.state < State.lengthStreamed;
  }

  /**
   * Takes what follows what was pushed before. `sample` was drawn for the message that begins at `start`; -1 without.
   * Returns where it stopped: `end`, unless the owner halted it.
   */
  push(bytes: Uint8Array, start: number, end: number, timeNs: number, sample: number): number {
    this.halted = false;
    this.nextSample = this.state === State.between ? sample : -1;
    let at = start;
    while (at < end && !this.halted) {
      switch (this.state) {
        case State.between:
          at = this.begin(bytes, at, end, timeNs);
          break;
        case State.head:
          at = this.continueHead(bytes, at, end);
          break;
        case State.lengthHeld:
          at = this.holdLength(bytes, at, end);
          break;
        case State.chunkedHeld:
          at = this.holdChunked(bytes, at, end);
          break;
        case State.lengthStreamed:
          at = this.passLength(bytes, at, end);
          break;
        default:
          at = this.passChunked(bytes, at, end);
      }
    }
    return at;
  }

  /** Makes the running `push` return after the message it is at. */
  halt(): void {
    this.halted = true;
  }

  /** Whole messages are missing before what comes next. False when one has begun, so that this cannot be. */
  skipWhole(): boolean {
    if (this.state !== State.between) return false;
    this.leadingCr = false;
    return true;
  }

  /** Drops the message that has begun, if any, and is ready for the beginning of another. */
  abandon(reason: CutReason): Progress {
    const state = this.state;
    const receiver = this.receiver;
    this.receiver = undefined;
    this.state = State.between;
    this.leadingCr = false;
    this.wasLast = false;
    this.held.release();
    if (state < State.lengthStreamed) return state === State.between ? "none" : "held";
    receiver?.cut(reason);
    return "streamed";
  }

  private begin(bytes: Uint8Array, start: number, end: number, timeNs: number): number {
    const { head, maxHeadBytes } = this.shared;
    if (this.leadingCr) {
      if (bytes[start] !== LF) return this.fault("request_line", bytes, start, end);
      this.leadingCr = false;
      return start + 1;
    }
    if (bytes[start] === CR) {
      this.leadingCr = true;
      return start + 1;
    }
    if (this.wasLast) return this.fault("request_line", bytes, start, end);
    const code = head.read(bytes, start, end);
    if (code > HeadCode.incomplete) return this.fault(reasonOf(code), bytes, start, end);
    const headBytes = (code === HeadCode.complete ? head.headEnd : end) - start;
    if (headBytes > maxHeadBytes) return this.fault("header_too_large", bytes, start, end);
    this.timeNs = timeNs;
    this.sample = this.nextSample;
    this.nextSample = -1;
    if (code === HeadCode.complete) return this.beginBody(head, bytes, start, end);
    if (!this.held.append(bytes, start, end, 0)) return this.overflow(end);
    this.state = State.head;
    this.headEnd ??= new HeadEnd();
    this.headEnd.reset();
    this.headEnd.find(bytes, start, end);
    return end;
  }

  /** The head at `start` is complete in `bytes`; hands the request on if its body is, too. */
  private beginBody(head: RequestHead, bytes: Uint8Array, start: number, end: number): number {
    this.stamp(head);
    if (head.framing === "chunked") {
      this.chunked ??= new ChunkedBody();
      this.chunked.reset();
      const at = this.chunked.scan(bytes, head.headEnd, end);
      if (this.chunked.isFaulty) return this.fault("chunk", bytes, start, end);
      if (at - head.headEnd > this.shared.holdBytes) {
        this.chunked.reset();
        return this.beginStream(head, State.chunkedStreamed);
      }
      if (this.chunked.isDone) return this.complete(head, at);
      this.state = State.chunkedHeld;
    } else {
      const bodyEnd = head.headEnd + head.contentLength;
      if (head.contentLength > this.shared.holdBytes) {
        this.remaining = head.contentLength;
        return this.beginStream(head, State.lengthStreamed);
      }
      if (bodyEnd <= end) return this.complete(head, bodyEnd);
      this.remaining = bodyEnd - end;
      this.state = State.lengthHeld;
    }
    this.headBytes = head.headEnd - start;
    const isLength = this.state === State.lengthHeld;
    if (!this.held.append(bytes, start, end, isLength ? this.remaining : 0))
      return this.overflow(end);
    return end;
  }

  private continueHead(bytes: Uint8Array, start: number, end: number): number {
    const { head, maxHeadBytes } = this.shared;
    const finder = this.headEnd as HeadEnd;
    const isFirstLine = !finder.sawLine;
    const headEnd = finder.find(bytes, start, end);
    const to = headEnd < 0 ? end : headEnd;
    if (this.held.length + (to - start) > maxHeadBytes)
      return this.faultHeld("header_too_large", start);
    if (!this.held.append(bytes, start, to, 0)) return this.overflow(end);
    if (headEnd < 0 && !(isFirstLine && finder.sawLine)) return end;
    // Read twice at most, at the end of the first line and of the head: linear however small the segments are.
    const code = head.read(this.held.bytes, 0, this.held.length);
    if (code > HeadCode.incomplete) return this.faultHeld(reasonOf(code), to);
    if (code === HeadCode.incomplete) return headEnd < 0 ? end : this.faultHeld("request_line", to);
    this.stamp(head);
    this.headBytes = this.held.length;
    this.remaining = head.contentLength;
    if (head.framing === "chunked") {
      this.chunked ??= new ChunkedBody();
      this.chunked.reset();
      this.state = State.chunkedHeld;
    } else if (this.remaining === 0) this.complete(head, this.held.length);
    else if (this.remaining > this.shared.holdBytes) this.beginStream(head, State.lengthStreamed);
    else this.state = State.lengthHeld;
    return to;
  }

  private holdLength(bytes: Uint8Array, start: number, end: number): number {
    const to = Math.min(end, start + this.remaining);
    if (!this.held.append(bytes, start, to, this.remaining - (to - start)))
      return this.overflow(end);
    this.remaining -= to - start;
    if (this.remaining === 0) this.completeHeld();
    return to;
  }

  private holdChunked(bytes: Uint8Array, start: number, end: number): number {
    const chunked = this.chunked as ChunkedBody;
    const to = chunked.scan(bytes, start, end);
    if (chunked.isFaulty) return this.faultHeld("chunk", start);
    if (this.held.length - this.headBytes + (to - start) > this.shared.holdBytes) {
      const { head } = this.shared;
      head.read(this.held.bytes, 0, this.headBytes);
      this.stamp(head);
      this.beginStream(head, State.chunkedStreamed);
      if (this.halted) return end;
      this.receiver?.data(this.held.bytes, this.headBytes, this.held.length);
      this.held.release();
      this.receiver?.data(bytes, start, to);
      if (chunked.isDone) this.endStream();
      return to;
    }
    if (!this.held.append(bytes, start, to, 0)) return this.overflow(end);
    if (chunked.isDone) this.completeHeld();
    return to;
  }

  private passLength(bytes: Uint8Array, start: number, end: number): number {
    const to = Math.min(end, start + this.remaining);
    this.receiver?.data(bytes, start, to);
    this.remaining -= to - start;
    if (this.remaining === 0) this.endStream();
    return to;
  }

  private passChunked(bytes: Uint8Array, start: number, end: number): number {
    const chunked = this.chunked as ChunkedBody;
    const to = chunked.scan(bytes, start, end);
    if (chunked.isFaulty) {
      this.abandon("malformed");
      this.halted = true;
      this.owner.faulted("chunk", true, bytes, start, end);
      return end;
    }
    this.receiver?.data(bytes, start, to);
    if (chunked.isDone) this.endStream();
    return to;
  }

  private beginStream(head: RequestHead, state: number): number {
    head.bodyEnd = head.headEnd;
    this.state = state;
    this.wasLast = head.isLast;
    this.receiver = this.owner.streamed(head);
    if (state === State.lengthStreamed) this.held.release();
    return head.headEnd;
  }

  private endStream(): void {
    const receiver = this.receiver;
    this.receiver = undefined;
    this.state = State.between;
    receiver?.end();
  }

  private completeHeld(): void {
    const { head } = this.shared;
    head.read(this.held.bytes, 0, this.headBytes);
    this.stamp(head);
    this.complete(head, this.held.length);
  }

  private complete(head: RequestHead, bodyEnd: number): number {
    head.bodyEnd = bodyEnd;
    this.state = State.between;
    this.wasLast = head.isLast;
    this.owner.whole(head);
    this.held.release();
    return bodyEnd;
  }

  /** Notes on a head what is known of its message beyond its bytes. */
  private stamp(head: RequestHead): void {
    head.timeNs = this.timeNs;
    head.sample = this.sample;
  }

  private fault(reason: MalformedReason, bytes: Uint8Array, start: number, end: number): number {
    this.halted = true;
    this.owner.faulted(reason, false, bytes, start, end);
    this.abandon("malformed");
    return end;
  }

  private faultHeld(reason: MalformedReason, at: number): number {
    this.halted = true;
    this.owner.faulted(reason, false, this.held.bytes, 0, this.held.length);
    this.abandon("malformed");
    return at;
  }

  private overflow(at: number): number {
    this.halted = true;
    this.abandon("gap");
    this.owner.overflowed();
    return at;
  }
}

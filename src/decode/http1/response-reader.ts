import type { ResponseReader } from "../../model/delivery.ts";
import { CR, LF } from "./char-class.ts";
import { ChunkedBody } from "./chunked-body.ts";
import { HeadEnd } from "./head-end.ts";
import { BAD, INCOMPLETE, ResponseHead, STATUS_LINE_BYTES } from "./response-head.ts";

const MAX_HEAD_BYTES = 65536;
const FIRST_HOLD_BYTES = 1024;

const State = {
  /** Between responses, or in a head. */
  head: 0,
  length: 1,
  chunked: 2,
  untilClose: 3,
  /** The last answer of this connection has been read. */
  over: 4,
  bad: 5,
} as const;

/**
 * Reads the answers of one connection, RFC 9112 section 6.3, however the bytes are cut. Bodies are passed over, never copied;
 * only a head that is split is held. An answer that nothing was asked for is `bad`: what follows cannot be told apart.
 */
class Http1ResponseReader implements ResponseReader {
  private readonly onAnswer: (status: number) => void;
  private readonly head = new ResponseHead();
  private chunked: ChunkedBody | undefined;
  private state: number = State.head;
  private remaining = 0;
  /** Whether each expected answer is to a HEAD, a queue in a ring of a power of two. */
  private expected = new Uint8Array(8);
  private firstExpected = 0;
  private expectedCount = 0;
  private hold: Uint8Array | undefined;
  private heldBytes = 0;
  private readonly headEnd = new HeadEnd();

  constructor(onAnswer: (status: number) => void) {
    this.onAnswer = onAnswer;
  }

  expect(head: boolean): void {
    const capacity = this.expected.length;
    if (this.expectedCount === capacity) {
      const grown = new Uint8Array(capacity * 2);
      for (let i = 0; i < capacity; i++)
        grown[i] = this.expected[(this.firstExpected + i) & (capacity - 1)] ?? 0;
      this.expected = grown;
      this.firstExpected = 0;
    }
    const slot = (this.firstExpected + this.expectedCount++) & (this.expected.length - 1);
    this.expected[slot] = head ? 1 : 0;
  }

  push(bytes: Uint8Array, start: number, end: number): "ok" | "close" | "bad" {
    let at = start;
    while (at < end && this.state < State.over) {
      switch (this.state) {
        case State.head:
          at = this.heldBytes === 0 ? this.readHead(bytes, at, end) : this.readOn(bytes, at, end);
          break;
        case State.length: {
          const taken = Math.min(this.remaining, end - at);
          at += taken;
          this.remaining -= taken;
          if (this.remaining === 0) this.answer();
          break;
        }
        case State.chunked:
          at = this.passChunked(bytes, at, end);
          break;
        default:
          at = end;
      }
    }
    if (this.state === State.bad) return "bad";
    return this.state === State.over ? "close" : "ok";
  }

  end(): "ok" | "bad" {
    if (this.state === State.untilClose) this.answer();
    const isBroken =
      this.state === State.bad ||
      this.state === State.length ||
      this.state === State.chunked ||
      this.heldBytes > 0;
    this.state = isBroken ? State.bad : State.over;
    return isBroken ? "bad" : "ok";
  }

  private readHead(bytes: Uint8Array, start: number, end: number): number {
    // Some servers end a body with an empty line too many.
    if (bytes[start] === CR || bytes[start] === LF) return start + 1;
    const headEnd = this.head.read(bytes, start, end);
    if (headEnd >= 0 && headEnd - start <= MAX_HEAD_BYTES) {
      this.beginBody();
      return headEnd;
    }
    if (headEnd !== INCOMPLETE || end - start > MAX_HEAD_BYTES) return this.fail(end);
    this.headEnd.reset();
    this.headEnd.find(bytes, start, end);
    this.append(bytes, start, end);
    return end;
  }

  /** Goes on with a head that was split. */
  private readOn(bytes: Uint8Array, start: number, end: number): number {
    const headEnd = this.headEnd.find(bytes, start, end);
    const to = headEnd < 0 ? end : headEnd;
    if (this.heldBytes + (to - start) > MAX_HEAD_BYTES) return this.fail(end);
    const wasShort = this.heldBytes < STATUS_LINE_BYTES;
    this.append(bytes, start, to);
    if (headEnd < 0) {
      // What is no response at all is told by its first bytes, not when a head should have ended.
      const isBad = wasShort && this.head.read(this.hold as Uint8Array, 0, this.heldBytes) === BAD;
      return isBad ? this.fail(end) : end;
    }
    const { heldBytes } = this;
    this.heldBytes = 0;
    if (this.head.read(this.hold as Uint8Array, 0, heldBytes) !== heldBytes) return this.fail(end);
    this.beginBody();
    return to;
  }

  private append(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.heldBytes + (end - start);
    if (this.hold === undefined || needed > this.hold.length) {
      const larger = new Uint8Array(Math.max(FIRST_HOLD_BYTES, needed * 2));
      if (this.hold !== undefined) larger.set(this.hold.subarray(0, this.heldBytes));
      this.hold = larger;
    }
    this.hold.set(bytes.subarray(start, end), this.heldBytes);
    this.heldBytes = needed;
  }

  /** The head is complete: finds how the body ends. */
  private beginBody(): void {
    const { status, contentLength, isEncoded, isChunked } = this.head;
    const isInterim = status < 200 && status !== 101;
    if (isInterim) return;
    if (this.expectedCount === 0) {
      this.state = State.bad;
      return;
    }
    const isToHead = this.expected[this.firstExpected] === 1;
    if (status === 101) this.head.closes = true;
    if (isToHead || status === 101 || status === 204 || status === 304) this.answer();
    else if (isChunked) {
      this.chunked ??= new ChunkedBody();
      this.chunked.reset();
      this.state = State.chunked;
    } else if (isEncoded || contentLength < 0) this.state = State.untilClose;
    else if (contentLength === 0) this.answer();
    else {
      this.remaining = contentLength;
      this.state = State.length;
    }
  }

  private passChunked(bytes: Uint8Array, start: number, end: number): number {
    const chunked = this.chunked as ChunkedBody;
    const to = chunked.scan(bytes, start, end);
    if (chunked.isFaulty) return this.fail(end);
    if (chunked.isDone) this.answer();
    return to;
  }

  private answer(): void {
    const closes = this.head.closes || this.state === State.untilClose;
    this.state = closes ? State.over : State.head;
    this.firstExpected = (this.firstExpected + 1) & (this.expected.length - 1);
    this.expectedCount--;
    this.onAnswer(this.head.status);
  }

  private fail(at: number): number {
    this.state = State.bad;
    return at;
  }
}

/** A reader for one connection to the shadow. `onAnswer` may call `expect`. */
export function createResponseReader(onAnswer: (status: number) => void): ResponseReader {
  return new Http1ResponseReader(onAnswer);
}

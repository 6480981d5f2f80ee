import type { Exchange } from "../model/exchange.ts";
import type { UnansweredReason } from "../model/ledger.ts";
import type { Pin } from "./pin.ts";
import type { StreamBody } from "./stream-body.ts";

/** Methods that may be sent a second time (RFC 9110 section 9.2.1). */
function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

/**
 * One copy on its way to one target, from the offer to its outcome. A class for one hidden class: one is made for every
 * mirrored request and target.
 */
export class ShadowRequest {
  readonly exchange: Exchange;
  readonly pin: Pin;
  /** The copy: `bytes[start … end)`; for a streamed request its head. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Whether `bytes` is the arena. */
  readonly inArena: boolean;
  readonly stream: StreamBody | undefined;
  readonly isHead: boolean;
  readonly safe: boolean;
  /** The one request that a half-open breaker let through. */
  readonly probe: boolean;
  /** When it began to wait to be sent, and when its first byte was sent; 0 for not yet. */
  queuedNs = 0;
  sentNs = 0;
  /** Counted among what waits to be sent. */
  queued = false;
  /** It was sent once already, and why that did not count; undefined for most. */
  retried: UnansweredReason | undefined = undefined;
  /** Its outcome has been reported. */
  decided = false;

  constructor(
    exchange: Exchange,
    pin: Pin,
    probe: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
    inArena: boolean,
    stream: StreamBody | undefined,
  ) {
    this.exchange = exchange;
    this.pin = pin;
    this.probe = probe;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.inArena = inArena;
    this.stream = stream;
    this.isHead = exchange.method === "HEAD";
    this.safe = stream === undefined && isSafe(exchange.method);
  }
}

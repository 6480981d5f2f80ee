import type { LiveConnection } from "./connection.ts";
import type { Exchange } from "./exchange.ts";
import type { TargetLedger } from "./ledger.ts";
import type { Redacted } from "./redaction.ts";
import type { BodyReceiver, RequestView } from "./request.ts";
import type { Target } from "./target.ts";

/**
 * Sends copies to targets. Never blocks, never throws on data; everything offered ends in the ledger. Targets are known by their index: the
 * order in which they were added, never used again.
 */
export interface Deliverer {
  /** Adds a target; returns its index. Throws ST_USAGE for header options that would break the copies. */
  add(target: Target): number;
  /** No offers will come for it any more: finishes what it has, then closes its connections. Its ledger stays. */
  retire(index: number): void;
  /** While paused, everything offered is counted as unsent `paused`; what was offered before is still sent. */
  pause(index: number, paused: boolean): void;
  /** Offers a whole request to these targets. The view is valid only during the call. */
  offer(
    connection: LiveConnection,
    request: Redacted<RequestView>,
    exchange: Exchange,
    targets: readonly number[],
  ): void;
  /** Offers a request whose body follows piece by piece. */
  offerStream(
    connection: LiveConnection,
    request: Redacted<RequestView>,
    exchange: Exchange,
    targets: readonly number[],
  ): BodyReceiver;
  /** The live connection is over: what it has queued is still sent, then its shadow connections are free. */
  release(connection: LiveConnection): void;
  /** Sends what is queued and reads the answers that have come. Called once a tick. */
  pump(): void;
  /** Requests offered and not yet decided, over all targets. */
  readonly pending: number;
  /** How many of them wait for an answer ahead of them on the same connection: a reason to tick faster. */
  readonly blocked: number;
  /** Refuses new offers, resolves when nothing is pending or after `graceMs`; the rest is counted as `stopping`. */
  drain(graceMs: number): Promise<void>;
  /** One per target, by index. */
  readonly ledgers: readonly TargetLedger[];
  dispose(): void;
}

/** One response as the sender needs it: framing only, the bytes are discarded. */
export interface ResponseReader {
  /** A request was sent whose answer is expected next in line; `head` is true for HEAD. */
  expect(head: boolean): void;
  /**
   * Takes received bytes. Calls `onAnswer` for each complete final response (1xx are passed over), in order.
   * Returns "ok", "close" (the server will close after the last answer) or "bad".
   */
  push(bytes: Uint8Array, start: number, end: number): "ok" | "close" | "bad";
  /** The server closed; completes a response that is delimited by it. */
  end(): "ok" | "bad";
}

export type CreateResponseReader = (onAnswer: (status: number) => void) => ResponseReader;

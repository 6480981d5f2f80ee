import type { HoldArena } from "../hold-arena.ts";
import type { HoleCause } from "./lost-requests.ts";
import type { RequestHead } from "./request-head.ts";

/** Bytes that may follow a kept request. */
export const MAX_KEPT_BYTES = 65536;
/** In at most so many pieces. */
const MAX_FOLLOWERS = 1024;

/** What came after a kept request: client bytes, in the buffer of the request, or a hole. */
type Follower =
  | {
      readonly kind: "bytes";
      readonly start: number;
      readonly end: number;
      readonly timeNs: number;
      /** The number drawn for the request that begins at `start`; -1 without. */
      readonly sample: number;
    }
  | {
      readonly kind: "hole";
      readonly cause: HoleCause;
      readonly starts: number;
      readonly isAnswered: boolean;
    };

/**
 * One whole request that may not be handed on before its answer begins, copied, and what came after it: because a boundary is
 * not confirmed, because the answer decides whether the connection stays HTTP/1.1, or because only the answer makes it certain
 * who owns the connection.
 */
export interface KeptRequest {
  bytes: Uint8Array;
  /** End of the request in `bytes`. */
  readonly requestEnd: number;
  /** End of what followed it; equal to `requestEnd` when nothing did. */
  end: number;
  readonly followers: Follower[];
  readonly timeNs: number;
  readonly sample: number;
  readonly isConnect: boolean;
  readonly upgrades: boolean;
}

/** Copies the request; undefined when there is no memory for it. */
export function keepRequest(arena: HoldArena, head: RequestHead): KeptRequest | undefined {
  const requestEnd = head.bodyEnd - head.start;
  const bytes = arena.acquire(requestEnd);
  if (bytes === undefined) return undefined;
  bytes.set(head.bytes.subarray(head.start, head.bodyEnd));
  return {
    bytes,
    requestEnd,
    end: requestEnd,
    followers: [],
    timeNs: head.timeNs,
    sample: head.sample,
    isConnect: head.method === "CONNECT",
    upgrades: head.upgrades,
  };
}

/** Adds client bytes that follow; false when they do not fit. */
export function keepBytes(
  arena: HoldArena,
  kept: KeptRequest,
  bytes: Uint8Array,
  start: number,
  end: number,
  timeNs: number,
  sample: number,
): boolean {
  const needed = kept.end + (end - start);
  if (needed - kept.requestEnd > MAX_KEPT_BYTES || kept.followers.length >= MAX_FOLLOWERS)
    return false;
  if (needed > kept.bytes.length) {
    const larger = arena.acquire(needed);
    if (larger === undefined) return false;
    larger.set(kept.bytes.subarray(0, kept.end));
    arena.release(kept.bytes);
    kept.bytes = larger;
  }
  kept.bytes.set(bytes.subarray(start, end), kept.end);
  kept.followers.push({ kind: "bytes", start: kept.end, end: needed, timeNs, sample });
  kept.end = needed;
  return true;
}

/** Adds a hole that follows; false when it does not fit. */
export function keepHole(
  kept: KeptRequest,
  cause: HoleCause,
  starts: number,
  isAnswered: boolean,
): boolean {
  if (kept.followers.length >= MAX_FOLLOWERS) return false;
  kept.followers.push({ kind: "hole", cause, starts, isAnswered });
  return true;
}

/** Takes what a client sent, as a session does. */
export interface FollowerSink {
  data(
    bytes: Uint8Array,
    start: number,
    end: number,
    timeNs: number,
    flags: number,
    sample: number,
  ): void;
  hole(cause: HoleCause, starts: number, isAnswered: boolean): void;
}

/** Hands on what came after a request that is dealt with, and gives its memory back. */
export function replay(arena: HoldArena, kept: KeptRequest, sink: FollowerSink): void {
  for (const follower of kept.followers) {
    if (follower.kind === "hole") {
      const { cause, starts, isAnswered } = follower;
      sink.hole(cause, starts, isAnswered);
    } else {
      const { start, end, timeNs, sample } = follower;
      sink.data(kept.bytes, start, end, timeNs, 0, sample);
    }
  }
  arena.release(kept.bytes);
}

/** Reads the kept request again into `head`, as it was when it was kept. */
export function reopenRequest(kept: KeptRequest, head: RequestHead): void {
  head.read(kept.bytes, 0, kept.requestEnd);
  head.bodyEnd = kept.requestEnd;
  head.timeNs = kept.timeNs;
  head.sample = kept.sample;
}

/** Whether an answer with this status makes the connection leave HTTP/1.1. */
export function leavesHttp(kept: KeptRequest, status: number): boolean {
  return kept.isConnect ? status >= 200 && status < 300 : status === 101;
}

import type { HoldArena } from "../hold-arena.ts";
import type { RequestHead } from "./request-head.ts";

/**
 * One whole request that may not be handed on yet, copied, and what the client sent after it: because a boundary is not
 * confirmed, or because the answer decides whether the connection stays HTTP/1.1.
 */
export interface KeptRequest {
  bytes: Uint8Array;
  /** End of the request in `bytes`. */
  readonly requestEnd: number;
  /** End of what followed it; equal to `requestEnd` when nothing did. */
  end: number;
  /** Something that followed could not be kept. */
  isBroken: boolean;
  readonly timeNs: number;
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
    isBroken: false,
    timeNs: head.timeNs,
    isConnect: head.method === "CONNECT",
    upgrades: head.upgrades,
  };
}

/** Adds what followed the request, up to `maxBytes` of it; false when it does not fit. */
export function keepMore(
  arena: HoldArena,
  kept: KeptRequest,
  bytes: Uint8Array,
  start: number,
  end: number,
  maxBytes: number,
): boolean {
  const needed = kept.end + (end - start);
  if (needed - kept.requestEnd > maxBytes) return false;
  if (needed > kept.bytes.length) {
    const larger = arena.acquire(needed);
    if (larger === undefined) return false;
    larger.set(kept.bytes.subarray(0, kept.end));
    arena.release(kept.bytes);
    kept.bytes = larger;
  }
  kept.bytes.set(bytes.subarray(start, end), kept.end);
  kept.end = needed;
  return true;
}

/** Reads the kept request again into `head`, as it was when it was kept. */
export function reopenRequest(kept: KeptRequest, head: RequestHead): void {
  head.read(kept.bytes, 0, kept.requestEnd);
  head.bodyEnd = kept.requestEnd;
  head.timeNs = kept.timeNs;
}

/** Whether an answer with this status makes the connection leave HTTP/1.1. */
export function leavesHttp(kept: KeptRequest, status: number): boolean {
  return kept.isConnect ? status >= 200 && status < 300 : status === 101;
}

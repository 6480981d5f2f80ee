/** Why a connection is over that we did not close ourselves. */
export type EndReason = "refused" | "closed" | "reset";

/** One connection to a shadow, plain or TLS. */
export interface ShadowConnection {
  /**
   * Hands on `bytes[start … end)`; the bytes are free when it returns. Returns how many were taken: after fewer than
   * given, `writable` or `ended` follows.
   */
  write(bytes: Uint8Array, start: number, end: number): number;
  /** How long ago its last bytes came, in nanoseconds, where that is known better than by when they were read; else 0. */
  receivedAgoNs(): number;
  /** Ends it; no event follows. `reset` tells the peer at once that nothing more is wanted. */
  close(reset: boolean): void;
}

/** What happens to a connection. Never called from within `open`, `write` or `close`. */
export interface ConnectionEvents {
  opened(): void;
  /** The bytes are valid only during the call. */
  received(bytes: Uint8Array, start: number, end: number): void;
  writable(): void;
  /** It is over: `refused` before `opened`, else whether the peer closed or reset it. */
  ended(reason: EndReason, detail: string): void;
}

/** Starts a connection to a literal address. */
export type OpenConnection = (address: string, events: ConnectionEvents) => ShadowConnection;

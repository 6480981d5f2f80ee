/** Admits a steady rate: each admission takes a token, tokens come back with time. */
export interface TokenBucket {
  /** True, and one token less, if there is one at `nowNs` (monotonic nanoseconds). */
  take(nowNs: number): boolean;
}

/** A bucket of one second's tokens, at least one, full at the start. `ratePerSecond` is above 0 and may be a fraction. */
export function createTokenBucket(ratePerSecond: number, startNs: number): TokenBucket {
  const capacity = Math.max(1, ratePerSecond);
  let tokens = capacity;
  let filledNs = startNs;
  return {
    take(nowNs) {
      // Requests of different connections may be decided slightly out of order: time that goes back adds nothing.
      if (nowNs > filledNs) {
        tokens = Math.min(capacity, tokens + ((nowNs - filledNs) / 1e9) * ratePerSecond);
        filledNs = nowNs;
      }
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

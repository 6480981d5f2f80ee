/** Admits a steady rate: what is admitted takes tokens, tokens come back with time. */
export interface TokenBucket {
  /** Whether `amount` may pass at `nowNs` (monotonic nanoseconds). More than the bucket holds may when it is full. */
  has(amount: number, nowNs: number): boolean;
  /** Takes tokens that `has` granted. What was more than there were is a debt that is paid first. */
  take(amount: number): void;
  /** A new rate; what is in the bucket stays, up to what it holds now. */
  setRate(ratePerSecond: number, nowNs: number): void;
}

/** A bucket of one second's tokens, at least one, full at the start. `ratePerSecond` may be a fraction. */
export function createTokenBucket(ratePerSecond: number, startNs: number): TokenBucket {
  let rate = ratePerSecond;
  let capacity = Math.max(1, rate);
  let tokens = capacity;
  let filledNs = startNs;

  const fill = (nowNs: number) => {
    // Requests of different connections may be decided slightly out of order: time that goes back adds nothing.
    if (nowNs <= filledNs) return;
    tokens = Math.min(capacity, tokens + ((nowNs - filledNs) / 1e9) * rate);
    filledNs = nowNs;
  };

  return {
    has(amount, nowNs) {
      fill(nowNs);
      return tokens >= amount || tokens >= capacity;
    },
    take(amount) {
      tokens -= amount;
    },
    setRate(next, nowNs) {
      if (next === rate) return;
      fill(nowNs);
      rate = next;
      capacity = Math.max(1, rate);
      tokens = Math.min(tokens, capacity);
    },
  };
}

/** Growing pauses between attempts. */
export interface Backoff {
  /** The next pause: between a half and the whole of `firstMs`, doubled at each call up to `maxMs`. */
  nextMs(): number;
  reset(): void;
}

export function createBackoff(
  firstMs: number,
  maxMs: number,
  random: () => number = Math.random,
): Backoff {
  let ceilingMs = firstMs;
  return {
    nextMs() {
      const pauseMs = ceilingMs * (0.5 + random() / 2);
      ceilingMs = Math.min(ceilingMs * 2, maxMs);
      return pauseMs;
    },
    reset() {
      ceilingMs = firstMs;
    },
  };
}

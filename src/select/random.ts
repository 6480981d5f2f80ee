/**
 * Uniform numbers in [0, 1) from xorshift32: a few nanoseconds each, repeatable from its seed, good enough to draw a
 * sample and for nothing secret.
 */
export function createRandom(seed: number): () => number {
  // Zero is the one state that xorshift never leaves; the multiplication spreads seeds that differ in few bits.
  let state = Math.imul(seed | 0, 0x9e3779b1) || 0x6d2b79f5;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

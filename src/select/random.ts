/**
 * Uniform unsigned 32-bit numbers from sfc32: a few nanoseconds each, repeatable from the seed, good in all their bits (a
 * share of one in a million looks at the lowest values only), and for nothing secret.
 */
export function createRandom32(seed: number): () => number {
  let a = 0;
  let b = seed | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  // As its author says: until the seed has reached every bit.
  for (let i = 0; i < 12; i++) next();
  return next;
}

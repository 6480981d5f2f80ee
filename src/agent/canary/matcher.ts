/** Finds any of many byte strings in one pass. */
export interface Matcher<T> {
  /** Calls back for every occurrence, in order of where they begin. */
  scan(bytes: Uint8Array, onMatch: (pattern: T, start: number, end: number) => void): void;
}

interface Pattern {
  readonly bytes: Uint8Array;
}

const HASH_BITS = 18;

function hashOf(threeBytes: number): number {
  return Math.imul(threeBytes, 0x9e3779b1) >>> (32 - HASH_BITS);
}

/**
 * Few places begin like any pattern: a look at the hash of three bytes rules out nearly all others. Patterns are three bytes long at
 * least.
 */
export function createMatcher<T extends Pattern>(patterns: readonly T[]): Matcher<T> {
  const begins = new Uint8Array(1 << HASH_BITS);
  const byBeginning = new Map<number, T[]>();
  for (const pattern of patterns) {
    const [a = 0, b = 0, c = 0] = pattern.bytes;
    const key = (a << 16) | (b << 8) | c;
    begins[hashOf(key)] = 1;
    byBeginning.set(key, [...(byBeginning.get(key) ?? []), pattern]);
  }

  function isAt(bytes: Uint8Array, start: number, pattern: Uint8Array): boolean {
    if (start + pattern.length > bytes.length) return false;
    for (let i = 3; i < pattern.length; i++) if (bytes[start + i] !== pattern[i]) return false;
    return true;
  }

  return {
    scan(bytes, onMatch) {
      let key = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
      for (let i = 2; i < bytes.length; i++) {
        key = ((key << 8) | (bytes[i] as number)) & 0xffffff;
        if (begins[hashOf(key)] === 0) continue;
        for (const pattern of byBeginning.get(key) ?? [])
          if (isAt(bytes, i - 2, pattern.bytes))
            onMatch(pattern, i - 2, i - 2 + pattern.bytes.length);
      }
    },
  };
}

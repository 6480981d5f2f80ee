/** Finds what belongs to a field name, in any case, without making a string of it. */
export interface NameTable<T> {
  find(bytes: Uint8Array, start: number, end: number): T | undefined;
}

interface Named<T> {
  readonly name: Uint8Array;
  readonly value: T;
}

/** A power of two. */
const FILTER_SLOTS = 2048;

/** Names in lower case. Ordered by length first: few names share one. */
export function createNameTable<T>(entries: Iterable<readonly [string, T]>): NameTable<T> {
  const byLength: Named<T>[][] = [];
  const known = new Uint8Array(FILTER_SLOTS);
  for (const [name, value] of entries) {
    const named = { name: Buffer.from(name, "latin1"), value };
    known[filterSlot(named.name, 0, name.length)] = 1;
    const same = byLength[name.length];
    if (same === undefined) byLength[name.length] = [named];
    else same.push(named);
  }
  return {
    find(bytes, start, end) {
      if (known[filterSlot(bytes, start, end)] === 0) return undefined;
      const candidates = byLength[end - start];
      if (candidates === undefined) return undefined;
      for (const { name, value } of candidates) if (isNamed(bytes, start, name)) return value;
      return undefined;
    },
  };
}

/** By the length and the ends of a name, in any case: nearly every other name is told apart by them. */
function filterSlot(bytes: Uint8Array, start: number, end: number): number {
  const first = (bytes[start] as number) | 0x20;
  const last = (bytes[end - 1] as number) | 0x20;
  return ((end - start) * 41 + first * 7 + last) & (FILTER_SLOTS - 1);
}

/** From the end on: names that begin alike (`x-…`) rarely end alike. */
function isNamed(bytes: Uint8Array, start: number, lower: Uint8Array): boolean {
  for (let i = lower.length - 1; i >= 0; i--) {
    let byte = bytes[start + i] as number;
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    if (byte !== lower[i]) return false;
  }
  return true;
}

import { randomInt } from "node:crypto";

/** A generation is full when it holds so many entries, or so many bytes of keys. */
const MAX_ENTRIES = 4096;
const MAX_BYTES = 1024 * 1024;
/** Longer values are rarely seen twice. */
const MAX_KEY_BYTES = 4096;
/** Below this a loop is faster than a call of native code. */
const MIN_NATIVE_BYTES = 128;

interface Entry<T> {
  readonly key: Uint8Array;
  readonly value: T;
}

/**
 * What came of byte strings that were seen lately, so that the usual request costs a look instead of a keyed hash. Two generations: when the
 * young one is full it becomes the old one, and what was not asked for since is forgotten. A class, for the hottest lookup of redaction.
 */
export class ByteCache<T> {
  private young = new Map<number, Entry<T>>();
  private old = new Map<number, Entry<T>>();
  private youngBytes = 0;
  /** Nobody who sends requests can know which of them share a hash. */
  private readonly seed = randomInt(2 ** 31);

  get(bytes: Uint8Array, start: number, end: number): T | undefined {
    const hash = hashOf(this.seed, bytes, start, end);
    const entry = this.young.get(hash);
    if (entry !== undefined) return isSame(entry.key, bytes, start, end) ? entry.value : undefined;
    const older = this.old.get(hash);
    if (older === undefined || !isSame(older.key, bytes, start, end)) return undefined;
    this.put(hash, older);
    return older.value;
  }

  set(bytes: Uint8Array, start: number, end: number, value: T): void {
    if (end - start > MAX_KEY_BYTES) return;
    // A Buffer's own slice would be the same memory.
    const key = new Uint8Array(bytes.subarray(start, end));
    this.put(hashOf(this.seed, bytes, start, end), { key, value });
  }

  private put(hash: number, entry: Entry<T>): void {
    if (this.young.size >= MAX_ENTRIES || this.youngBytes >= MAX_BYTES) {
      this.old = this.young;
      this.young = new Map();
      this.youngBytes = 0;
    }
    this.young.set(hash, entry);
    this.youngBytes += entry.key.length;
  }
}

/** Of a longer value every other byte is taken, then one of four: in a token of 32 characters that is enough, wherever it stands. */
function hashOf(seed: number, bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const stride = length < 48 ? 1 : length < 512 ? 2 : 4;
  let hash = seed ^ length;
  for (let at = start; at < end; at += stride)
    hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}

function isSame(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = key;
  if (length !== end - start) return false;
  if (length >= MIN_NATIVE_BYTES)
    return Buffer.prototype.compare.call(key, bytes, start, end) === 0;
  for (let i = 0; i < length; i++) if (key[i] !== bytes[start + i]) return false;
  return true;
}

/** Lends buffers for what cannot be handed on at once, within a limit for all of them together. */
export interface HoldArena {
  /** A buffer of at least `bytes` bytes with any content; undefined when the limit would be passed. */
  acquire(bytes: number): Uint8Array | undefined;
  /** Gives a buffer back; its content may change from then on. */
  release(buffer: Uint8Array): void;
  /** Bytes lent and not given back. */
  readonly lentBytes: number;
}

const SMALLEST_LOG2 = 11;
const LARGEST_POOLED_LOG2 = 18;
const POOLED_PER_SIZE = 8;

/** An arena that lends powers of two of at least 2 KiB, `maxBytes` in all; a few of each size are kept for reuse. */
export function createHoldArena(maxBytes: number): HoldArena {
  const pools: Uint8Array[][] = Array.from({ length: LARGEST_POOLED_LOG2 + 1 }, () => []);
  let lentBytes = 0;
  return {
    acquire(bytes) {
      const log2 = Math.max(SMALLEST_LOG2, 32 - Math.clz32(bytes - 1));
      const size = 2 ** log2;
      if (lentBytes + size > maxBytes) return undefined;
      lentBytes += size;
      return pools[log2]?.pop() ?? new Uint8Array(size);
    },
    release(buffer) {
      lentBytes -= buffer.length;
      const pool = pools[31 - Math.clz32(buffer.length)];
      if (pool !== undefined && pool.length < POOLED_PER_SIZE) pool.push(buffer);
    },
    get lentBytes() {
      return lentBytes;
    },
  };
}

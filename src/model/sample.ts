/**
 * 32-bit hashes that shares are drawn by. They must be the same on every node and in every version: who was in a cohort yesterday is
 * in it today.
 */

/** As `st_client_sample` of bpf/tap.bpf.h: `words` are the 16 bytes of an address as four little-endian words. */
export function hashAddress(words: Uint32Array, at: number): number {
  let hash = 0x9e3779b9;
  for (let i = 0; i < 4; i++) {
    hash = Math.imul(hash ^ (words[at + i] as number), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** FNV-1a over bytes, then the finaliser of MurmurHash3, because FNV's high bits are poor for short values. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Share 0 … 1 as what a 32-bit sample must be below; 2^32 - 1 means all, whatever the sample is. */
export function thresholdOf(share: number): number {
  return Math.min(0xffffffff, Math.round(share * 2 ** 32));
}

/** Whether a sample is within a threshold of `thresholdOf`. */
export function isSampled(sample: number, threshold: number): boolean {
  return sample < threshold || threshold === 0xffffffff;
}

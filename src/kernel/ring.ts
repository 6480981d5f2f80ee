import { mapShared, PAGE_BYTES } from "./memory.ts";

const BUSY = 0x80000000;
const DISCARD = 0x40000000;
const LENGTH_MASK = 0x3fffffff;
const HEADER_BYTES = 8;
/** Publishing the position costs as much as a small record; a batch this large frees space soon enough. */
const PUBLISH_RECORDS = 64;
const PUBLISH_BYTES = 256 * 1024;

/** One BPF ring buffer, read in place. The layout is that of kernel/bpf/ringbuf.c: */
//
//   page 0   consumer position, ours to write
//   page 1   producer position, read only
//   page 2…  data, mapped twice in a row, so that no record wraps
//
export interface Ring {
  /** The data area, twice; every record is contiguous in it. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /**
   * Hands up to `maxRecords` records to `onRecord(at, length)`: `at` is a byte offset into `bytes`, a multiple of 8.
   * Space is given back as it goes, so nothing may be kept of a record. Returns how many records were handed over.
   */
  drain(maxRecords: number, onRecord: (at: number, length: number) => void): number;
  /** Bytes between the consumer and the producer, records not yet committed included. */
  usedBytes(): number;
}

/** Maps a ring buffer by its descriptor; needs no privilege beyond the descriptor. `sizeBytes` is its max_entries. */
export function openRing(fd: number, sizeBytes: number): Ring {
  const consumer = new BigUint64Array(mapShared(fd, 0, PAGE_BYTES, "readwrite"), 0, 1);
  const mapping = mapShared(fd, PAGE_BYTES, PAGE_BYTES + 2 * sizeBytes, "read");
  // The low half is enough for a distance: a ring is smaller than 4 GiB.
  const producer = new Uint32Array(mapping, 0, 1);
  const words = new Uint32Array(mapping, PAGE_BYTES, (2 * sizeBytes) / 4);
  const bytes = new Uint8Array(mapping, PAGE_BYTES, 2 * sizeBytes);
  const mask = sizeBytes - 1;
  let position = Number(Atomics.load(consumer, 0));

  const usedBytes = () => (Atomics.load(producer, 0) - (position % 2 ** 32)) >>> 0;
  const publish = () => Atomics.store(consumer, 0, BigInt(position));

  return {
    bytes,
    words,
    usedBytes,
    drain(maxRecords, onRecord) {
      let records = 0;
      let unpublishedBytes = 0;
      let available = usedBytes();
      while (available > 0 && records < maxRecords) {
        const at = position & mask;
        const header = Atomics.load(words, at >>> 2);
        if (header & BUSY) break;
        const length = header & LENGTH_MASK;
        if (!(header & DISCARD)) {
          onRecord(at + HEADER_BYTES, length);
          records++;
        }
        const step = (length + HEADER_BYTES + 7) & ~7;
        position += step;
        available -= step;
        unpublishedBytes += step;
        if (unpublishedBytes >= PUBLISH_BYTES || (records & (PUBLISH_RECORDS - 1)) === 0) {
          publish();
          unpublishedBytes = 0;
          if (available === 0) available = usedBytes();
        }
      }
      if (unpublishedBytes > 0) publish();
      return records;
    },
  };
}

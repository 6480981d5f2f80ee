import { mapShared, PAGE_BYTES } from "../kernel/memory.ts";
import { openRing, type Ring } from "../kernel/ring.ts";
import { Segment, type SegmentSink } from "../model/segment.ts";
import { ST_DIRECTION, ST_RING_CONTROL, ST_SEGMENT } from "./layout.gen.ts";

/** Reads one ring as segments. */
export interface SegmentReader {
  /** Hands over up to `maxSegments` segments, synchronously; returns how many there were. */
  drain(maxSegments: number): number;
  /**
   * Asks the kernel to wake us once the ring holds so many bytes, at least 1. False when it holds them already: drain first,
   * do not sleep. While not armed the kernel never wakes us, because a wake-up costs more than the capture itself.
   */
  arm(bytes: number): boolean;
  disarm(): void;
  /** Admission in the kernel as if the ring had only this many bytes; 0 for its real size. */
  admit(bytes: number): void;
  usedBytes(): number;
  /** Readable when the kernel has woken us. */
  readonly fd: number;
}

/** Byte offsets as indices of 32-bit words. */
const WORD = {
  timeLow: ST_SEGMENT.time_ns / 4,
  timeHigh: ST_SEGMENT.time_ns / 4 + 1,
  hashLow: ST_SEGMENT.flow_hash / 4,
  hashHigh: ST_SEGMENT.flow_hash / 4 + 1,
  tuple: ST_SEGMENT.tuple / 4,
  seq: ST_SEGMENT.seq / 4,
  ack: ST_SEGMENT.ack / 4,
  payloadBytes: ST_SEGMENT.payload_bytes / 4,
  offset: ST_SEGMENT.offset / 4,
  length: ST_SEGMENT.length / 4,
  skippedBytes: ST_SEGMENT.skipped_bytes / 4,
  /** tcp_flags (16 bits), direction, flags. */
  bits: ST_SEGMENT.tcp_flags / 4,
  lostStarts: ST_SEGMENT.lost_starts / 4,
  rulesLow: ST_SEGMENT.rules / 4,
  rulesHigh: ST_SEGMENT.rules / 4 + 1,
  generation: ST_SEGMENT.generation / 4,
  sample: ST_SEGMENT.sample / 4,
} as const;

const SYN = 0x02;

export function openSegmentReader(
  ringFd: number,
  ringBytes: number,
  control: { readonly fd: number; readonly index: number },
  sink: SegmentSink,
): SegmentReader {
  const ring = openRing(ringFd, ringBytes);
  const words = new Int32Array(
    mapShared(control.fd, 0, PAGE_BYTES, "readwrite"),
    control.index * ST_RING_CONTROL.sizeof,
    ST_RING_CONTROL.sizeof / 4,
  );
  const wakeBytes = ST_RING_CONTROL.wake_bytes / 4;
  const admitBytes = ST_RING_CONTROL.admit_bytes / 4;
  const onRecord = createRecordDecoder(ring, sink);
  return {
    fd: ringFd,
    drain: (maxSegments) => ring.drain(maxSegments, onRecord),
    arm(bytes) {
      Atomics.store(words, wakeBytes, bytes);
      if (ring.usedBytes() < bytes) return true;
      Atomics.store(words, wakeBytes, 0);
      return false;
    },
    disarm() {
      Atomics.store(words, wakeBytes, 0);
    },
    admit(bytes) {
      Atomics.store(words, admitBytes, bytes);
    },
    usedBytes: ring.usedBytes,
  };
}

/**
 * Fills one segment from the record at a byte offset of the ring, and hands it on. A record that is shorter than it says is left out:
 * to the decoder it is a hole, which is counted as every other.
 */
export function createRecordDecoder(
  ring: Pick<Ring, "bytes" | "words">,
  sink: SegmentSink,
): (at: number, recordBytes: number) => void {
  const { words, bytes } = ring;
  const segment = new Segment();
  segment.words = words;
  segment.bytes = bytes;
  const word = (index: number) => words[index] as number;
  return (at, recordBytes) => {
    const first = at >>> 2;
    if (recordBytes < ST_SEGMENT.sizeof) return;
    const bits = word(first + WORD.bits);
    const length = word(first + WORD.length);
    if (length > recordBytes - ST_SEGMENT.sizeof) return;
    const tcpFlags = bits & 0xffff;
    segment.timeNs = word(first + WORD.timeHigh) * 4294967296 + word(first + WORD.timeLow);
    segment.flowKey =
      (word(first + WORD.hashHigh) & 0x1fffff) * 4294967296 + word(first + WORD.hashLow);
    segment.tupleAt = first + WORD.tuple;
    segment.start = at + ST_SEGMENT.sizeof;
    segment.end = segment.start + length;
    // The SYN itself takes a sequence number before the first byte (TCP Fast Open sends both).
    const synBytes = tcpFlags & SYN ? 1 : 0;
    segment.seq = (word(first + WORD.seq) + word(first + WORD.offset) + synBytes) >>> 0;
    segment.ack = word(first + WORD.ack);
    segment.tcpFlags = tcpFlags;
    segment.toServer = ((bits >>> 16) & 0xff) === ST_DIRECTION.ST_TO_SERVER;
    segment.flags = bits >>> 24;
    segment.skippedBytes = word(first + WORD.skippedBytes);
    segment.lostStarts = word(first + WORD.lostStarts);
    segment.payloadBytes = word(first + WORD.payloadBytes);
    segment.rulesLow = word(first + WORD.rulesLow);
    segment.rulesHigh = word(first + WORD.rulesHigh);
    segment.generation = word(first + WORD.generation);
    segment.sample = word(first + WORD.sample);
    sink(segment);
  };
}

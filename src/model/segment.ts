/** Words of a tuple in `Segment.words`: scope (2), client address (4), server address (4), ports (1). */
export const TUPLE_WORDS = 11;

/** TCP header flags, RFC 9293 section 3.1. */
export const TcpFlag = { fin: 0x01, syn: 0x02, rst: 0x04, ack: 0x10 } as const;

/** What the kernel knows about a segment beyond its bytes. A bit set, values as in bpf/shadowtap.h. */
export const SegmentFlag = {
  /** The segment begins exactly where the server had read to when it began its last final response. */
  atBoundary: 0x01,
  /** Bytes of this flow before this segment were lost to a full ring, and counted as such. */
  lostBefore: 0x02,
  /** Bytes of this flow before this segment were skipped by choice (`skippedBytes` of them). */
  skippedBefore: 0x04,
  /** The payload goes on beyond what was copied, by choice or by limit. */
  cut: 0x08,
  /**
   * Only whole requests are missing, left out by the rules: the next one begins `skippedBytes` before this segment (more than 0 when
   * segments came out of order).
   */
  selectedBefore: 0x10,
  /**
   * Nothing of this connection was handed over before, and all of it was seen since its SYN: a request begins
   * `skippedBytes` before this segment, and what was before that was left out by the rules.
   */
  fromStart: 0x20,
  /** `sample` was drawn for the one request that this segment begins with, whose head ends in it. */
  sampled: 0x40,
  /** Who owns the server's socket is not certain yet. */
  ownerPending: 0x80,
} as const;

/**
 * One TCP segment, or one chunk of a large (GSO) one, as the capture stage saw it.
 *
 * A flyweight: the reader refills one object for every record, and `bytes` is the ring itself, so nothing of it may be
 * kept after the sink returns. A class because it is the hottest object here and V8 wants one hidden class for it.
 */
export class Segment {
  /** CLOCK_MONOTONIC, nanoseconds; exact as a double for 104 days of uptime. */
  timeNs = 0;
  /** 53 bits of the kernel's flow hash: a key for a Map. Equal tuples have equal keys, not the reverse. */
  flowKey = 0;
  /** `words[tupleAt … tupleAt + TUPLE_WORDS)` is the tuple: the flow's identity. Addresses in network order, IPv4 mapped. */
  words: Uint32Array = new Uint32Array(TUPLE_WORDS);
  tupleAt = 0;
  /** Payload of this chunk: `bytes[start … end)`. Empty for a bare SYN, FIN or RST. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Sequence number of `bytes[start]` (after the SYN, if there is one), modulo 2^32, as unsigned. */
  seq = 0;
  /** Acknowledgement number, modulo 2^32, as unsigned. */
  ack = 0;
  /** `TcpFlag` bits. FIN is set only on the last chunk of a segment. */
  tcpFlags = 0;
  /** True for client to server (requests), false for server to client. */
  toServer = true;
  /** `SegmentFlag` bits. */
  flags = 0;
  /** Bytes of this flow and direction that the kernel chose not to copy since its last record. */
  skippedBytes = 0;
  /** Request starts of this flow that a full ring lost since its last record, and that the kernel has counted. */
  lostStarts = 0;
  /** Payload bytes of the whole segment on the wire, of which this chunk may be a part. */
  payloadBytes = 0;
  /** Rule set by which the kernel let it through, and which of its rules the connection fits: bits 0 … 31 and 32 … 63. */
  generation = 0;
  rulesLow = 0;
  rulesHigh = 0;
  /** With `SegmentFlag.sampled`: 32 uniform bits. */
  sample = 0;
}

/** Takes one segment; must be done with it when it returns. */
export type SegmentSink = (segment: Segment) => void;

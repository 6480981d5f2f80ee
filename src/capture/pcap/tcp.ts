import type { PacketReason } from "./link-layer.ts";

/** A TCP header, RFC 9293 section 3.1. A flyweight; numbers are unsigned. */
export interface TcpFields {
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  flags: number;
  /** Where the payload begins. */
  payloadAt: number;
}

export function createTcpFields(): TcpFields {
  return { sourcePort: 0, destinationPort: 0, seq: 0, ack: 0, flags: 0, payloadAt: 0 };
}

const HEADER_BYTES = 20;

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at) * 65_536 + readUint16(bytes, at + 2);
}

/**
 * Reads the TCP header at `at`; its options may be beyond what was captured. Checksums are not looked at: what a system captures of
 * its own packets has none yet.
 */
export function readTcp(
  bytes: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  into: TcpFields,
): PacketReason | undefined {
  if (at + HEADER_BYTES > wireEnd) return "tcp_header";
  if (at + HEADER_BYTES > end) return "header_cut";
  const headerBytes = ((bytes[at + 12] as number) >>> 4) * 4;
  if (headerBytes < HEADER_BYTES || at + headerBytes > wireEnd) return "tcp_header";
  into.sourcePort = readUint16(bytes, at);
  into.destinationPort = readUint16(bytes, at + 2);
  into.seq = readUint32(bytes, at + 4);
  into.ack = readUint32(bytes, at + 8);
  into.flags = bytes[at + 13] as number;
  into.payloadAt = at + headerBytes;
  return undefined;
}

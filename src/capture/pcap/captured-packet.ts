import { ShadowtapError } from "../../model/errors.ts";

/** One packet of a capture file. A flyweight: valid only during the call that hands it over. */
export interface CapturedPacket {
  /** What the packet begins with, see link-layer.ts. */
  linkType: number;
  /** Since 1970, as the file says. */
  seconds: number;
  nanoseconds: number;
  /** What was captured of it: `bytes[start … end)`. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** How long it was on the wire. */
  wireBytes: number;
}

export type PacketSink = (packet: CapturedPacket) => void;

/** Reads one format, record by record. */
export interface RecordReader {
  /** Reads one more record, or the next part of one, if all of it is there. False when it is not. */
  step(): boolean;
  readonly format: "pcap" | "pcapng";
  /** The file may end here. */
  readonly isWhole: boolean;
  /** Blocks that hold no packet and no more than is needed to read packets. */
  readonly blocksSkipped: number;
}

/** The largest packet on Linux is one of BIG TCP: 512 KiB and headers. Whatever claims more is damaged. */
export const MAX_PACKET_BYTES = 1024 * 1024;

/** Year 10,000: beyond what a time can be written as. */
const MAX_SECONDS = 253_402_300_800;

export function createPacket(): CapturedPacket {
  return {
    linkType: 0,
    seconds: 0,
    nanoseconds: 0,
    bytes: new Uint8Array(0),
    start: 0,
    end: 0,
    wireBytes: 0,
  };
}

/** The error for bytes that cannot be what they should be. What came before them was read. */
export function damaged(
  offset: number,
  what: string,
  hint = "Copy the file again from where it was captured, in binary mode.",
): ShadowtapError {
  return new ShadowtapError(
    "ST_CAPTURE_UNREADABLE",
    `The capture is damaged at byte ${offset}: ${what}. What comes before was read.`,
    [hint],
  );
}

/** How many bytes of a packet a record claims to hold: `count` of `wireBytes`. */
export function checkLength(count: number, wireBytes: number, offset: number): void {
  if (count > MAX_PACKET_BYTES)
    throw damaged(offset, `a packet claims ${count} bytes, more than any packet has`);
  if (count > wireBytes)
    throw damaged(offset, `a packet of ${wireBytes} bytes claims to be captured with ${count}`);
}

export function checkTime(seconds: number, offset: number): void {
  if (seconds < 0 || seconds >= MAX_SECONDS)
    throw damaged(offset, `a packet claims a time ${seconds} s after 1970`);
}

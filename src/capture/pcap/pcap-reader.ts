import { ShadowtapError } from "../../model/errors.ts";
import type { ByteWindow } from "./byte-window.ts";
import {
  checkLength,
  createPacket,
  damaged,
  type PacketSink,
  type RecordReader,
} from "./captured-packet.ts";
import { isReadable } from "./link-layer.ts";

/** First four bytes, read as big-endian: the order of all numbers, and what the fraction of a second counts. */
const MAGICS: Readonly<Record<number, { isLittle: boolean; fractionNs: number }>> = {
  2712847316: { isLittle: false, fractionNs: 1000 },
  3569595041: { isLittle: true, fractionNs: 1000 },
  2712812621: { isLittle: false, fractionNs: 1 },
  1295823521: { isLittle: true, fractionNs: 1 },
};

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** Above it are the length of frame check sequences and bits without a meaning. */
const LINK_TYPE_MASK = 0x03ffffff;

export function isPcapMagic(magic: number): boolean {
  return MAGICS[magic] !== undefined;
}

function unreadableLink(linkType: number): ShadowtapError {
  return new ShadowtapError(
    "ST_CAPTURE_UNREADABLE",
    `The capture is of link type ${linkType}, which is not read.`,
    ["Capture on an Ethernet interface, or with tcpdump -i any."],
  );
}

/** Reads a pcap file, in both byte orders, with microseconds or nanoseconds (draft-ietf-opsawg-pcap). */
export function createPcapReader(
  window: ByteWindow,
  magic: number,
  sink: PacketSink,
): RecordReader {
  const { isLittle, fractionNs } = MAGICS[magic] ?? { isLittle: false, fractionNs: 1 };
  const packet = createPacket();
  let isOpen = false;

  function open(view: DataView): void {
    const major = view.getUint16(4, isLittle);
    const minor = view.getUint16(6, isLittle);
    // Before 2.3 the two lengths of a packet were the other way round.
    if (major !== 2 || minor < 3)
      throw damaged(4, `the file is of version ${major}.${minor}, which is not 2.3 or 2.4`);
    packet.linkType = view.getUint32(20, isLittle) & LINK_TYPE_MASK;
    if (!isReadable(packet.linkType)) throw unreadableLink(packet.linkType);
    isOpen = true;
    window.advance(FILE_HEADER_BYTES);
  }

  function record(view: DataView): boolean {
    const { offset } = window;
    const count = view.getUint32(8, isLittle);
    const wireBytes = view.getUint32(12, isLittle);
    checkLength(count, wireBytes, offset + 8);
    if (!window.has(RECORD_HEADER_BYTES + count)) return false;
    packet.seconds = view.getUint32(0, isLittle);
    packet.nanoseconds = view.getUint32(4, isLittle) * fractionNs;
    if (packet.nanoseconds >= 1e9)
      throw damaged(offset + 4, "a packet claims a fraction of a second that is a second or more");
    packet.wireBytes = wireBytes;
    packet.bytes = window.bytes;
    packet.start = window.at + RECORD_HEADER_BYTES;
    packet.end = packet.start + count;
    window.advance(RECORD_HEADER_BYTES + count);
    sink(packet);
    return true;
  }

  return {
    format: "pcap",
    blocksSkipped: 0,
    get isWhole() {
      return isOpen;
    },
    step() {
      const needed = isOpen ? RECORD_HEADER_BYTES : FILE_HEADER_BYTES;
      if (!window.has(needed)) return false;
      const view = new DataView(window.bytes.buffer, window.bytes.byteOffset + window.at, needed);
      if (isOpen) return record(view);
      open(view);
      return true;
    },
  };
}

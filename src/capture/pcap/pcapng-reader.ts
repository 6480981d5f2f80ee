import type { ByteWindow } from "./byte-window.ts";
import {
  checkLength,
  checkTime,
  createPacket,
  damaged,
  MAX_PACKET_BYTES,
  type PacketSink,
  type RecordReader,
} from "./captured-packet.ts";
import { type PcapngInterface, readInterface } from "./pcapng-interface.ts";

/** Type of a section header, the same in both byte orders: what a pcapng file begins with. */
export const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

const Block = { interface: 1, oldPacket: 2, simplePacket: 3, enhancedPacket: 6 } as const;

/** Bytes that a block of each type has at least, both its lengths included. */
const MIN_BYTES: Readonly<Record<number, number>> = {
  [SECTION_HEADER]: 28,
  [Block.interface]: 20,
  [Block.oldPacket]: 32,
  [Block.simplePacket]: 16,
  [Block.enhancedPacket]: 32,
};
const HEADER_BYTES = 8;
const TRAILER_BYTES = 4;
const PACKET_AT = 28;
const SIMPLE_PACKET_AT = 12;
const MAX_INTERFACES = 65_536;
/** Its options name the interface and its hardware; a filter program is the longest of them. */
const MAX_INTERFACE_BYTES = 256 * 1024;

/** Reads a pcapng file (draft-ietf-opsawg-pcapng): packets of every section, everything else is passed over. */
export function createPcapngReader(window: ByteWindow, sink: PacketSink): RecordReader {
  const packet = createPacket();
  let isLittle = false;
  let interfaces: PcapngInterface[] = [];
  /** The length that must be repeated at the end of the block that was read. */
  let trailer: number | undefined;
  let blocksSkipped = 0;

  /** The next bytes of the window, if they are there. */
  function look(count: number): DataView | undefined {
    if (!window.has(count)) return undefined;
    return new DataView(window.bytes.buffer, window.bytes.byteOffset + window.at, count);
  }

  /** Done with a block of that many bytes: its trailing length comes next. */
  function done(blockBytes: number): true {
    window.skip(blockBytes - TRAILER_BYTES);
    trailer = blockBytes;
    return true;
  }

  function checkTrailer(expected: number): boolean {
    const view = look(TRAILER_BYTES);
    if (view === undefined) return false;
    const found = view.getUint32(0, isLittle);
    if (found !== expected)
      throw damaged(window.offset, `a block of ${expected} bytes ends as one of ${found}`);
    trailer = undefined;
    window.advance(TRAILER_BYTES);
    return true;
  }

  function section(): boolean {
    const view = look(16);
    if (view === undefined) return false;
    isLittle = view.getUint32(8, true) === BYTE_ORDER_MAGIC;
    if (!isLittle && view.getUint32(8) !== BYTE_ORDER_MAGIC)
      throw damaged(window.offset + 8, "a section does not say its byte order");
    const blockBytes = blockLength(view, SECTION_HEADER);
    const major = view.getUint16(12, isLittle);
    if (major !== 1) throw damaged(window.offset + 12, `a section is of version ${major}, not 1`);
    interfaces = [];
    return done(blockBytes);
  }

  function blockLength(view: DataView, type: number): number {
    const length = view.getUint32(4, isLittle);
    const least = MIN_BYTES[type] ?? HEADER_BYTES + TRAILER_BYTES;
    if (length < least || length % 4 !== 0)
      throw damaged(window.offset + 4, `a block of type ${type} claims ${length} bytes`);
    return length;
  }

  function addInterface(blockBytes: number): boolean {
    if (blockBytes > MAX_INTERFACE_BYTES || interfaces.length === MAX_INTERFACES)
      throw damaged(
        window.offset,
        `a section describes more than ${MAX_INTERFACES} interfaces, or one in ${blockBytes} bytes`,
      );
    const view = look(blockBytes);
    if (view === undefined) return false;
    interfaces.push(readInterface(view, isLittle, window.offset));
    return done(blockBytes);
  }

  function interfaceOf(id: number): PcapngInterface {
    const found = interfaces[id];
    if (found === undefined)
      throw damaged(window.offset + 8, `a packet is of interface ${id}, which is not described`);
    return found;
  }

  /** Hands over `count` bytes of a packet that begin `at` in the block. */
  function hand(of: PcapngInterface, at: number, count: number, wireBytes: number): void {
    packet.linkType = of.linkType;
    packet.bytes = window.bytes;
    packet.start = window.at + at;
    packet.end = packet.start + count;
    packet.wireBytes = wireBytes;
    sink(packet);
  }

  function timedPacket(type: number, blockBytes: number): boolean {
    const header = look(PACKET_AT);
    if (header === undefined) return false;
    const isOld = type === Block.oldPacket;
    const of = interfaceOf(isOld ? header.getUint16(8, isLittle) : header.getUint32(8, isLittle));
    const count = header.getUint32(20, isLittle);
    const wireBytes = header.getUint32(24, isLittle);
    checkLength(count, wireBytes, window.offset + 20);
    if (PACKET_AT + count + TRAILER_BYTES > blockBytes)
      throw damaged(window.offset + 20, `a packet of ${count} bytes is longer than its block`);
    if (!window.has(PACKET_AT + count)) return false;
    readTime(header, of);
    hand(of, PACKET_AT, count, wireBytes);
    return done(blockBytes);
  }

  function readTime(header: DataView, { unitsPerSecond, offsetSeconds }: PcapngInterface): void {
    const high = BigInt(header.getUint32(12, isLittle));
    const units = (high << 32n) | BigInt(header.getUint32(16, isLittle));
    packet.seconds = Number(units / unitsPerSecond) + offsetSeconds;
    packet.nanoseconds = Number(((units % unitsPerSecond) * 1_000_000_000n) / unitsPerSecond);
    checkTime(packet.seconds, window.offset + 12);
  }

  /** Has no time: it is taken to have come with the packet before. */
  function simplePacket(blockBytes: number): boolean {
    const header = look(SIMPLE_PACKET_AT);
    if (header === undefined) return false;
    const of = interfaceOf(0);
    const wireBytes = header.getUint32(8, isLittle);
    const snapped = of.snapBytes === 0 ? wireBytes : Math.min(of.snapBytes, wireBytes);
    const count = Math.min(snapped, blockBytes - SIMPLE_PACKET_AT - TRAILER_BYTES);
    if (count > MAX_PACKET_BYTES)
      throw damaged(window.offset + 8, `a packet claims ${count} bytes, more than any packet has`);
    if (!window.has(SIMPLE_PACKET_AT + count)) return false;
    hand(of, SIMPLE_PACKET_AT, count, wireBytes);
    return done(blockBytes);
  }

  return {
    format: "pcapng",
    get isWhole() {
      return trailer === undefined;
    },
    get blocksSkipped() {
      return blocksSkipped;
    },
    step() {
      if (trailer !== undefined) return checkTrailer(trailer);
      const view = look(HEADER_BYTES);
      if (view === undefined) return false;
      if (view.getUint32(0) === SECTION_HEADER) return section();
      const type = view.getUint32(0, isLittle);
      const blockBytes = blockLength(view, type);
      switch (type) {
        case Block.interface:
          return addInterface(blockBytes);
        case Block.oldPacket:
        case Block.enhancedPacket:
          return timedPacket(type, blockBytes);
        case Block.simplePacket:
          return simplePacket(blockBytes);
        default:
          blocksSkipped++;
          return done(blockBytes);
      }
    },
  };
}

/** What one TCP packet is made of. */
export interface TcpPacket {
  readonly isV6: boolean;
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly payload: Uint8Array;
  /** Bytes of IPv4 and TCP options, multiples of 4. */
  readonly ipOptionBytes?: number;
  readonly tcpOptionBytes?: number;
  /** TCP options themselves, of a length that is a multiple of 4; instead of `tcpOptionBytes`. */
  readonly tcpOptions?: Uint8Array;
  /** As it stands in the header; 65,535 unless told. */
  readonly window?: number;
  /** IPv6 extension headers, by number. */
  readonly extensions?: readonly number[];
  /** The IPv4 field with flags and fragment offset. */
  readonly fragment?: number;
}

/** Ways to wrap an IP packet, each with its link type. */
export const LINKS = {
  ethernet: 1,
  vlan: 1,
  qinq: 1,
  null: 0,
  nullBig: 0,
  loop: 108,
  raw: 101,
  sll: 113,
  sll2: 276,
} as const;
export type Link = keyof typeof LINKS;

export function uint16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, 2 * index);
  return bytes;
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * index);
  return bytes;
}

/** Internet checksum, RFC 1071. */
function checksum(...parts: Uint8Array[]): number {
  const bytes = Buffer.concat(parts);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2)
    sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function tcpBytes(packet: TcpPacket, pseudoHeader: Buffer): Buffer {
  const { tcpOptionBytes = 0, payload, window = 0xffff } = packet;
  const options = packet.tcpOptions ?? Buffer.alloc(tcpOptionBytes, 1);
  const segment = Buffer.concat([
    uint16(packet.sourcePort, packet.destinationPort),
    uint32(packet.seq, packet.ack),
    uint16(((20 + options.length) << 10) | packet.flags, window, 0, 0),
    options,
    payload,
  ]);
  const length = uint32(segment.length);
  segment.writeUInt16BE(checksum(pseudoHeader, length, segment), 16);
  return segment;
}

export function ipv4(packet: TcpPacket): Buffer {
  const { ipOptionBytes = 0, source, destination, fragment = 0x4000 } = packet;
  const addresses = Buffer.from([10, 0, 0, source, 10, 0, 0, destination]);
  const tcp = tcpBytes(packet, Buffer.concat([addresses, uint16(6)]));
  const headerBytes = 20 + ipOptionBytes;
  const header = Buffer.concat([
    Buffer.from([0x40 | (headerBytes / 4), 0]),
    uint16(headerBytes + tcp.length, 7, fragment, 0x4006, 0),
    addresses,
    Buffer.alloc(ipOptionBytes, 1),
  ]);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, tcp]);
}

/** One extension header; `next` is what follows it. */
function extension(kind: number, next: number): Buffer {
  const header = Buffer.alloc(kind === 51 ? 16 : 8);
  header[0] = next;
  // PadN fills the options; a fragment header that is the whole packet; 4-byte units minus 2.
  if (kind === 0 || kind === 60) header.set([1, 4], 2);
  if (kind === 51) header[1] = 2;
  return header;
}

export function ipv6(packet: TcpPacket): Buffer {
  const { extensions = [] } = packet;
  const [source, destination] = [packet.source, packet.destination].map((last) => {
    const address = Buffer.alloc(16);
    address.set([0xfd, 0x77]);
    address[15] = last;
    return address;
  }) as [Buffer, Buffer];
  const tcp = tcpBytes(packet, Buffer.concat([source, destination, uint16(6)]));
  const chain = extensions.map((kind, index) => extension(kind, extensions[index + 1] ?? 6));
  const rest = Buffer.concat([...chain, tcp]);
  return Buffer.concat([
    uint32(0x60000000),
    uint16(rest.length),
    Buffer.from([extensions[0] ?? 6, 64]),
    source,
    destination,
    rest,
  ]);
}

/** The packet with its link layer before it. */
export function wrap(link: Link, ip: Buffer): Buffer {
  const isV6 = (ip[0] ?? 0) >>> 4 === 6;
  const type = isV6 ? 0x86dd : 0x0800;
  const macs = Buffer.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]);
  const family = isV6 ? 30 : 2;
  switch (link) {
    case "ethernet": {
      const frame = Buffer.concat([macs, uint16(type), ip]);
      return frame.length < 60 ? Buffer.concat([frame], 60) : frame;
    }
    case "vlan":
      return Buffer.concat([macs, uint16(0x8100, 5, type), ip]);
    case "qinq":
      return Buffer.concat([macs, uint16(0x88a8, 5, 0x8100, 6, type), ip]);
    case "null":
      return Buffer.concat([Buffer.from([family, 0, 0, 0]), ip]);
    case "nullBig":
    case "loop":
      return Buffer.concat([uint32(family), ip]);
    case "raw":
      return ip;
    case "sll":
      return Buffer.concat([uint16(0, 1, 6, 0x0200, 0, 1, 0, type), ip]);
    case "sll2":
      return Buffer.concat([uint16(type, 0), uint32(3), uint16(1, 6), Buffer.alloc(8), ip]);
  }
}

export function packetBytes(link: Link, packet: TcpPacket): Buffer {
  return wrap(link, packet.isV6 ? ipv6(packet) : ipv4(packet));
}

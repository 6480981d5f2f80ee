import { uint16, uint32 } from "../../capture/pcap/packet-writer.ts";

const V6_HEADER_BYTES = 40;
const V6_FRAGMENT = 44;
const MORE = 0x2000;

/** RFC 1071, over a header whose checksum field is 0. */
function headerChecksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** An IP packet as fragments whose payloads have `bytes` each, a multiple of 8. */
export function fragments(packet: Buffer, bytes: number, id: number): Buffer[] {
  const isV6 = (packet[0] ?? 0) >>> 4 === 6;
  const headerBytes = isV6 ? V6_HEADER_BYTES : ((packet[0] ?? 0) & 0xf) * 4;
  const parts: Buffer[] = [];
  for (let at = headerBytes; at < packet.length; at += bytes) {
    const payload = packet.subarray(at, at + bytes);
    const isLast = at + bytes >= packet.length;
    const header = Buffer.from(packet.subarray(0, headerBytes));
    const offset = at - headerBytes;
    if (isV6) {
      const extension = Buffer.concat([
        Buffer.from([header[6] ?? 0, 0]),
        uint16(offset | (isLast ? 0 : 1)),
        uint32(id),
      ]);
      header[6] = V6_FRAGMENT;
      header.writeUInt16BE(extension.length + payload.length, 4);
      parts.push(Buffer.concat([header, extension, payload]));
    } else {
      header.writeUInt16BE(headerBytes + payload.length, 2);
      header.writeUInt16BE(id & 0xffff, 4);
      header.writeUInt16BE((offset / 8) | (isLast ? 0 : MORE), 6);
      header.writeUInt16BE(0, 10);
      header.writeUInt16BE(headerChecksum(header), 10);
      parts.push(Buffer.concat([header, payload]));
    }
  }
  return parts;
}

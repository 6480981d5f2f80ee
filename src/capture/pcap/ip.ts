import type { PacketReason } from "./link-layer.ts";

/** Where the parts of an IP packet are. A flyweight. */
export interface IpFields {
  isV6: boolean;
  sourceAt: number;
  destinationAt: number;
  /** Where the TCP header begins. */
  transportAt: number;
  /** Where the packet ends by its own account, at most where it ended on the wire. */
  wireEnd: number;
}

export function createIpFields(): IpFields {
  return { isV6: false, sourceAt: 0, destinationAt: 0, transportAt: 0, wireEnd: 0 };
}

const TCP = 6;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
/** More fragments, or an offset. */
const FRAGMENT_MASK = 0x3fff;
/** More fragments, or an offset, of an IPv6 fragment header. */
const FRAGMENT6_MASK = 0xfff9;

const Extension = { hopByHop: 0, routing: 43, fragment: 44, authentication: 51, destination: 60 };
/** No sender makes so many, and each is at least 8 bytes. */
const MAX_EXTENSIONS = 16;

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/**
 * Reads the IP header at `at`, as far as TCP needs it; undefined when a TCP header follows. Fragments are refused: their ports are
 * in the first only, and what a path has fragmented is rare enough for TCP to be counted as missing.
 */
export function readIp(
  bytes: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  into: IpFields,
): PacketReason | undefined {
  const version = at < end ? (bytes[at] as number) >>> 4 : 0;
  const headerEnd = at + (version === 6 ? IPV6_BYTES : IPV4_BYTES);
  if (headerEnd > end) return headerEnd > wireEnd ? "ip_header" : "header_cut";
  if (version === 4) return readIpv4(bytes, at, wireEnd, into);
  return version === 6 ? readIpv6(bytes, at, end, wireEnd, into) : "ip_header";
}

/** RFC 791. A length of 0 is that of a packet larger than 64 KiB, before it is segmented. */
function readIpv4(
  bytes: Uint8Array,
  at: number,
  wireEnd: number,
  into: IpFields,
): PacketReason | undefined {
  const headerBytes = ((bytes[at] as number) & 0x0f) * 4;
  const totalBytes = readUint16(bytes, at + 2);
  if (headerBytes < IPV4_BYTES || (totalBytes !== 0 && totalBytes < headerBytes))
    return "ip_header";
  if (bytes[at + 9] !== TCP) return "not_tcp";
  if ((readUint16(bytes, at + 6) & FRAGMENT_MASK) !== 0) return "fragment";
  into.isV6 = false;
  into.sourceAt = at + 12;
  into.destinationAt = at + 16;
  into.transportAt = at + headerBytes;
  into.wireEnd = totalBytes === 0 ? wireEnd : Math.min(wireEnd, at + totalBytes);
  return undefined;
}

/** RFC 8200. A length of 0 is that of a jumbogram. */
function readIpv6(
  bytes: Uint8Array,
  start: number,
  end: number,
  wireEnd: number,
  into: IpFields,
): PacketReason | undefined {
  const payloadBytes = readUint16(bytes, start + 4);
  let at = start + IPV6_BYTES;
  into.isV6 = true;
  into.sourceAt = start + 8;
  into.destinationAt = start + 24;
  into.wireEnd = payloadBytes === 0 ? wireEnd : Math.min(wireEnd, at + payloadBytes);
  let next = bytes[start + 6] as number;
  for (let count = 0; next !== TCP; count++) {
    if (!isExtension(next)) return "not_tcp";
    if (count === MAX_EXTENSIONS || at + 8 > into.wireEnd) return "ip_header";
    if (at + 8 > end) return "header_cut";
    const length = bytes[at + 1] as number;
    if (next === Extension.fragment) {
      if ((readUint16(bytes, at + 2) & FRAGMENT6_MASK) !== 0) return "fragment";
      next = bytes[at] as number;
      at += 8;
    } else {
      const isAuthentication = next === Extension.authentication;
      next = bytes[at] as number;
      at += isAuthentication ? (length + 2) * 4 : (length + 1) * 8;
    }
  }
  into.transportAt = at;
  return undefined;
}

function isExtension(next: number): boolean {
  switch (next) {
    case Extension.hopByHop:
    case Extension.routing:
    case Extension.fragment:
    case Extension.authentication:
    case Extension.destination:
      return true;
    default:
      return false;
  }
}

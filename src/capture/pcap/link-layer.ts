import type { PassedReason, RefusedReason } from "../../model/packet-ledger.ts";

/** Why a packet holds nothing for the decoder. */
export type PacketReason = PassedReason | RefusedReason;

/** What packets of a capture can begin with, as numbered at tcpdump.org/linktypes.html. */
const LinkType = {
  null: 0,
  ethernet: 1,
  /** Raw IP has another number on some systems: their own DLT_RAW, written as it was. */
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

const ETHER_TYPE = { ipv4: 0x0800, ipv6: 0x86dd } as const;
/** 802.1Q, 802.1ad, and what QinQ used before that. */
const VLAN_TYPES: readonly number[] = [0x8100, 0x88a8, 0x9100];
const VLAN_TAG_BYTES = 4;
const MAX_VLAN_TAGS = 8;

/** AF_INET, and AF_INET6 on Linux, NetBSD, FreeBSD and macOS: the system that captured wrote its own. */
const IP_FAMILIES: readonly number[] = [2, 10, 24, 28, 30];

/** Whether packets of that kind can be read. */
export function isReadable(linkType: number): boolean {
  return Object.values<number>(LinkType).includes(linkType);
}

/**
 * Where the IP header of a packet begins, or why it has none. `end` is the end of what was captured, `wireEnd` where the packet
 * ended on the wire.
 */
export function networkStart(
  linkType: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  wireEnd: number,
): number | PacketReason {
  switch (linkType) {
    case LinkType.ethernet:
      return behindTypes(bytes, start + 12, start + 14, end, wireEnd);
    case LinkType.linuxSll:
      return behindTypes(bytes, start + 14, start + 16, end, wireEnd);
    case LinkType.linuxSll2:
      return behindTypes(bytes, start, start + 20, end, wireEnd);
    case LinkType.raw:
    case LinkType.rawBsd:
    case LinkType.rawOpenBsd:
    case LinkType.ipv4:
    case LinkType.ipv6:
      return start;
    case LinkType.null:
    case LinkType.loop:
      return behindFamily(bytes, start, end, wireEnd);
    default:
      return "link_type";
  }
}

function tooShort(needed: number, wireEnd: number): PacketReason {
  return needed > wireEnd ? "link_header" : "header_cut";
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** `typeAt`: where the protocol's number stands; `headerEnd`: where the header ends, before any VLAN tag. */
function behindTypes(
  bytes: Uint8Array,
  typeAt: number,
  headerEnd: number,
  end: number,
  wireEnd: number,
): number | PacketReason {
  let at = headerEnd;
  if (at > end) return tooShort(at, wireEnd);
  let type = readUint16(bytes, typeAt);
  for (let tags = 0; VLAN_TYPES.includes(type); tags++) {
    if (tags === MAX_VLAN_TAGS) return "link_header";
    if (at + VLAN_TAG_BYTES > end) return tooShort(at + VLAN_TAG_BYTES, wireEnd);
    type = readUint16(bytes, at + 2);
    at += VLAN_TAG_BYTES;
  }
  return type === ETHER_TYPE.ipv4 || type === ETHER_TYPE.ipv6 ? at : "not_ip";
}

/** An address family, in the byte order of the system that captured, or in network order. */
function behindFamily(
  bytes: Uint8Array,
  start: number,
  end: number,
  wireEnd: number,
): number | PacketReason {
  const at = start + 4;
  if (at > end) return tooShort(at, wireEnd);
  const high = readUint16(bytes, start);
  const low = readUint16(bytes, start + 2);
  const isLittle = low === 0;
  const family = isLittle ? ((high & 0xff) << 8) | (high >>> 8) : high === 0 ? low : -1;
  return IP_FAMILIES.includes(family) ? at : "not_ip";
}

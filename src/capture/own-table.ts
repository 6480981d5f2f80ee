import { mapShared } from "../kernel/memory.ts";
import { addressBytes } from "./address.ts";
import { ST_LIMIT, ST_OWN_BUCKET } from "./layout.gen.ts";

/** Both ends of one of our own connections; addresses are literals. */
type Ends = readonly [
  localAddress: string,
  localPort: number,
  remoteAddress: string,
  remotePort: number,
];

/** Marks our own connections for the kernel, in memory that all payload processes share. */
export interface OwnTable {
  /** Enters a connection before it sends. False when its bucket is full: then its header alone tells it. */
  add(...ends: Ends): boolean;
  remove(...ends: Ends): void;
}

export function openOwnTable(fd: number): OwnTable {
  const bytes = ST_LIMIT.ST_OWN_BUCKETS * ST_OWN_BUCKET.sizeof;
  const tags = new BigUint64Array(mapShared(fd, 0, bytes, "readwrite"));
  /** Replaces `from` by `to` in the bucket of the tag; several processes may be at it. */
  const exchange = (tag: bigint, from: bigint, to: bigint): boolean => {
    const bucket = Number((tag >> 8n) & BigInt(ST_LIMIT.ST_OWN_BUCKETS - 1));
    for (let way = 0; way < ST_LIMIT.ST_OWN_WAYS; way++) {
      const at = bucket * ST_LIMIT.ST_OWN_WAYS + way;
      if (Atomics.compareExchange(tags, at, from, to) === from) return true;
    }
    return false;
  };
  return {
    add(...ends) {
      const tag = ownTag(ends);
      return exchange(tag, 0n, tag);
    },
    remove(...ends) {
      const tag = ownTag(ends);
      exchange(tag, tag, 0n);
    },
  };
}

/** The tag that st_own_tag() in bpf/maps/own.bpf.h computes of a connection whose client we are. */
function ownTag([localAddress, localPort, remoteAddress, remotePort]: Ends): bigint {
  const addresses = new Uint8Array(32);
  addresses.set(addressBytes(localAddress));
  addresses.set(addressBytes(remoteAddress), 16);
  const view = new DataView(addresses.buffer);
  let low = localPort;
  let high = remotePort;
  for (let at = 0; at < addresses.length; at += 4) {
    const word = view.getUint32(at, true);
    low = Math.imul(low ^ word, 0x85ebca6b);
    low ^= low >>> 15;
    high = Math.imul(high ^ word, 0xc2b2ae35);
    high ^= high >>> 13;
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0) | 1n;
}

import { mapShared } from "../kernel/memory.ts";
import { addressBytes } from "./address.ts";
import { ST_LIMIT, ST_OWN_BUCKET } from "./layout.gen.ts";

/** Marks our own connections for the kernel, in memory that all payload processes share. */
export interface OwnTable {
  /** Enters a connection by its local end, before it sends. False when its bucket is full: then it must not be used. */
  add(localAddress: string, localPort: number): boolean;
  remove(localAddress: string, localPort: number): void;
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
    add(localAddress, localPort) {
      const tag = ownTag(addressBytes(localAddress), localPort);
      return exchange(tag, 0n, tag);
    },
    remove(localAddress, localPort) {
      const tag = ownTag(addressBytes(localAddress), localPort);
      exchange(tag, tag, 0n);
    },
  };
}

/** The tag that st_own_tag() in bpf/maps/own.bpf.h computes of an address (network order) and a port. */
function ownTag(address: Uint8Array, port: number): bigint {
  const view = new DataView(address.buffer, address.byteOffset, 16);
  let low = port;
  let high = ~port;
  for (let at = 0; at < 16; at += 4) {
    const word = view.getUint32(at, true);
    low = Math.imul(low ^ word, 0x85ebca6b);
    low ^= low >>> 15;
    high = Math.imul(high ^ word, 0xc2b2ae35);
    high ^= high >>> 13;
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0) | 1n;
}

import { readFileSync } from "node:fs";
import { deleteFromMap, updateMap } from "../kernel/map.ts";
import { addressBytes, addressText } from "./address.ts";

/** Addresses of the current network namespace, from its routing tables in /proc, in canonical form. */
export function localAddresses(): ReadonlySet<string> {
  const addresses = new Set<string>();
  const trie = readFileSync("/proc/thread-self/net/fib_trie", "latin1");
  for (const [, address] of trie.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g))
    if (address) addresses.add(address);
  for (const line of readIpv6Addresses().split("\n")) {
    const hex = line.split(" ")[0] ?? "";
    if (hex.length === 32) addresses.add(addressText(Buffer.from(hex, "hex")));
  }
  return addresses;
}

function readIpv6Addresses(): string {
  try {
    return readFileSync("/proc/thread-self/net/if_inet6", "latin1");
  } catch {
    return ""; // IPv6 is off.
  }
}

/** Keeps a set of addresses in the kernel. */
export interface LocalAddressMap {
  /** Makes the map hold exactly these. */
  replace(addresses: ReadonlySet<string>): void;
}

export function openLocalAddressMap(mapFd: number): LocalAddressMap {
  let known: ReadonlySet<string> = new Set();
  return {
    replace(addresses) {
      for (const address of addresses)
        if (!known.has(address)) updateMap(mapFd, addressBytes(address), new Uint8Array(4));
      for (const address of known)
        if (!addresses.has(address)) deleteFromMap(mapFd, addressBytes(address));
      known = new Set(addresses);
    },
  };
}

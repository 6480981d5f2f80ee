import { readFileSync } from "node:fs";
import { interfaceFacts } from "../kernel/interface.ts";
import { ShadowtapError } from "../model/errors.ts";

export interface NetworkInterface {
  readonly name: string;
  readonly index: number;
  /** False for devices that carry bare IP packets (tun, WireGuard, ppp). */
  readonly hasEthernetHeader: boolean;
}

/** ARPHRD_ETHER and ARPHRD_LOOPBACK: the hardware types with an Ethernet header. */
const ETHERNET_TYPES: readonly number[] = [1, 772];

/** The interfaces of the current network namespace to attach to: those named, or every one that is up. */
export function selectInterfaces(names: readonly string[]): NetworkInterface[] {
  const known = interfaceNames();
  const chosen: NetworkInterface[] = [];
  for (const name of names.length > 0 ? new Set(names) : known) {
    const facts = interfaceFacts(name);
    // One that was not named may have gone since they were listed.
    if (!facts && names.length === 0) continue;
    if (!facts)
      throw new ShadowtapError("ST_INTERFACE_UNKNOWN", `There is no interface called ${name}.`, [
        `Interfaces here: ${known.join(", ")}.`,
        "Leave out --iface to capture on every interface that is up.",
      ]);
    if (names.length === 0 && !facts.isUp) continue;
    const hasEthernetHeader = ETHERNET_TYPES.includes(facts.hardwareType);
    chosen.push({ name, index: facts.index, hasEthernetHeader });
  }
  return chosen;
}

/** Every interface of the current namespace. /sys would show the namespace that it was mounted in. */
export function interfaceNames(): string[] {
  return readFileSync("/proc/thread-self/net/dev", "latin1")
    .split("\n")
    .slice(2)
    .map((line) => line.split(":")[0]?.trim() ?? "")
    .filter((name) => name !== "");
}

import { isIP, isIPv4 } from "node:net";
import { addressBytes, addressText } from "../../capture/address.ts";
import type { Cidr, PortRange } from "../../model/rule.ts";

/** Ports and networks as people write them, read the same from a flag and from a rules file. */

const MAX_PORT = 65_535;

/** `8080` or `8000-8010`. */
export function readPortRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && first <= last && last <= MAX_PORT ? { first, last } : undefined;
}

/** Ranges in rising order, those that overlap or touch made one. */
export function mergedRanges(ranges: readonly PortRange[]): PortRange[] {
  const merged: PortRange[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before.last + 1)
      merged[merged.length - 1] = { first: before.first, last: Math.max(before.last, last) };
    else merged.push({ first, last });
  }
  return merged;
}

/** A network, or why the text is none: `found` as it is to be told, and what was probably meant. */
export type CidrReading =
  | { readonly kind: "cidr"; readonly cidr: Cidr }
  | { readonly kind: "not_a_network" }
  | { readonly kind: "host_bits"; readonly meant: string };

/** `10.0.0.0/8`, `2001:db8::/32`, or an address alone. */
export function readCidr(text: string): CidrReading {
  const match = /^([0-9A-Fa-f:.]{2,45})(?:\/(\d{1,3}))?$/.exec(text);
  const address = match?.[1] ?? "";
  if (match === null || isIP(address) === 0) return { kind: "not_a_network" };
  const offset = isIPv4(address) ? 96 : 0;
  const bits = match[2] === undefined ? 128 : Number(match[2]) + offset;
  if (bits > 128) return { kind: "not_a_network" };
  const bytes = addressBytes(address);
  const network = bytes.map((byte, at) => byte & maskByte(bits - 8 * at));
  if (!network.every((byte, at) => byte === bytes[at]))
    return { kind: "host_bits", meant: `${addressText(network)}/${match[2]}` };
  return { kind: "cidr", cidr: { address: Buffer.from(network).toString("hex"), bits } };
}

/** The mask's byte in which it still has `bits` bits to set. */
function maskByte(bits: number): number {
  if (bits >= 8) return 0xff;
  return bits <= 0 ? 0 : (0xff00 >> bits) & 0xff;
}

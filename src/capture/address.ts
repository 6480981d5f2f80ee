import { isIPv4 } from "node:net";

/** 16 bytes in network order of an IPv4 (mapped, RFC 4291 section 2.5.5.2) or IPv6 literal, zone index left out. */
export function addressBytes(address: string): Uint8Array {
  const bytes = new Uint8Array(16);
  if (isIPv4(address)) {
    bytes[10] = 0xff;
    bytes[11] = 0xff;
    bytes.set(address.split(".").map(Number), 12);
    return bytes;
  }
  // The URL parser knows every spelling of an IPv6 address and returns the canonical one.
  const literal = new URL(`http://[${address.replace(/%.*/, "")}]/`).hostname.slice(1, -1);
  const [head = "", tail] = literal.split("::");
  const groupsOf = (text: string) =>
    text === "" ? [] : text.split(":").map((g) => parseInt(g, 16));
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const groups = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  for (const [index, group] of groups.entries()) {
    bytes[2 * index] = group >> 8;
    bytes[2 * index + 1] = group & 0xff;
  }
  return bytes;
}

/** The literal that the 16 bytes stand for; IPv4-mapped ones as IPv4. */
export function addressText(bytes: Uint8Array): string {
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff;
  if (mapped && bytes[11] === 0xff) return bytes.subarray(12, 16).join(".");
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2)
    groups.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

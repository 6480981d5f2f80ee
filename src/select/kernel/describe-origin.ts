import type { Cidr, Origin } from "../../model/rule.ts";

/** The connections that a rule looks at, in words: all of these hold. */
export function describeOrigin(from: Origin): readonly string[] {
  const ports = from.ports.map(({ first, last }) =>
    first === last ? `${first}` : `${first}-${last}`,
  );
  const parts = [`port ${ports.join(", ")}`];
  const add = (text: string, entries: readonly string[]) => {
    if (entries.length > 0) parts.push(`${text} ${entries.join(", ")}`);
  };
  add("local address in", from.local.map(cidrText));
  add("local address not in", from.exceptLocal.map(cidrText));
  add("remote address in", from.remote.map(cidrText));
  add("remote address not in", from.exceptRemote.map(cidrText));
  add(
    "owned by user",
    from.uids.map((uid) => `${uid}`),
  );
  add(
    "in cgroup",
    from.cgroups.map(({ id }) => id),
  );
  return parts;
}

const MAPPED = `${"0".repeat(20)}ffff`;

/** A network as it is usually written, IPv4-mapped ones as IPv4. */
export function cidrText({ address, bits }: Cidr): string {
  if (bits >= 96 && address.startsWith(MAPPED)) {
    const bytes = address.slice(24).match(/../g) ?? [];
    return `${bytes.map((byte) => parseInt(byte, 16)).join(".")}/${bits - 96}`;
  }
  const groups = address.match(/.{4}/g) ?? [];
  // The URL parser writes IPv6 addresses as RFC 5952 asks for.
  return `${new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1)}/${bits}`;
}

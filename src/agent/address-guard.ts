import { addressBytes } from "../capture/address.ts";
import { ShadowtapError } from "../model/errors.ts";
import type { Cidr } from "../model/rule.ts";
import type { AllowedTarget } from "../model/run-config.ts";
import type { ReachableTarget } from "./target-check.ts";

/** What decides where the copies for one target may go. */
export interface AddressPolicy {
  /** Undefined: every address is. */
  readonly allowTargets: readonly AllowedTarget[] | undefined;
  /** Whether every rule that names the target says what is redacted: public addresses demand it. */
  readonly choseRedaction: boolean;
}

/** Why an address is refused: what was allowed does not name it, or it is public and nobody has said what is redacted. */
export type AddressRefusal = "not_allowed" | "not_private";

/** What does not leave those who run the node, though perhaps the node. */
const PRIVATE: readonly Cidr[] = [
  network("127.0.0.0", 8),
  network("::1", 128),
  // The unspecified address leads to the node itself.
  network("0.0.0.0", 32),
  network("::", 128),
  // RFC 1918
  network("10.0.0.0", 8),
  network("172.16.0.0", 12),
  network("192.168.0.0", 16),
  // Link-local, RFC 3927 and RFC 4291.
  network("169.254.0.0", 16),
  network("fe80::", 10),
  // Shared between providers and their customers, RFC 6598.
  network("100.64.0.0", 10),
  // Unique local, RFC 4193.
  network("fc00::", 7),
];

function network(address: string, bits: number): Cidr {
  return {
    address: Buffer.from(addressBytes(address)).toString("hex"),
    bits: address.includes(".") ? 96 + bits : bits,
  };
}

/** Why copies for a target of this host name may not go to this address; undefined: they may. */
export function addressRefusal(
  host: string,
  address: string,
  { allowTargets, choseRedaction }: AddressPolicy,
): AddressRefusal | undefined {
  if (allowTargets !== undefined && !allowTargets.some((one) => allows(one, host, address)))
    return "not_allowed";
  if (choseRedaction || PRIVATE.some((cidr) => contains(cidr, address))) return undefined;
  return "not_private";
}

/** Throws ST_TARGET_REFUSED when a target has an address that copies may not go to. */
export function refuseTargetOutside(
  { target, addresses }: ReachableTarget,
  policy: AddressPolicy,
): void {
  for (const address of addresses) {
    const refusal = addressRefusal(target.host, address, policy);
    if (refusal !== undefined) throw refused(target.name, address, refusal);
  }
}

function refused(name: string, address: string, refusal: AddressRefusal): ShadowtapError {
  const allow = `--allow-target ${address}`;
  if (refusal === "not_allowed")
    return new ShadowtapError(
      "ST_TARGET_REFUSED",
      `The target ${name} is at ${address}, which is not among the targets that are allowed.`,
      [
        `Allow it, if copies of requests may go there: \`${allow}\` (allowTargets in a rules file), a network or a host name.`,
        "Or point --to at a shadow within what is allowed.",
      ],
    );
  return new ShadowtapError(
    "ST_TARGET_REFUSED",
    `The target ${name} is at ${address}, outside of private networks, and nothing says what is redacted on the way there.`,
    [
      "Say what is taken out of the copies: `--redact standard`, or `--redact off` to send them as they are.",
    ],
  );
}

function allows(allowed: AllowedTarget, host: string, address: string): boolean {
  switch (allowed.kind) {
    case "network":
      return contains(allowed.cidr, address);
    case "host":
      return hostName(host) === hostName(allowed.name);
    case "domain":
      return hostName(host).endsWith(`.${hostName(allowed.name)}`);
  }
}

/** Names in any case, with the root's dot or without. */
function hostName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

function contains({ address: first, bits }: Cidr, address: string): boolean {
  const own = addressBytes(address);
  const other = Buffer.from(first, "hex");
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (own[i] !== other[i]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  return ((own[whole] ?? 0) ^ (other[whole] ?? 0)) >> (8 - rest) === 0;
}

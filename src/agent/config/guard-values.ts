import type { AllowedTarget } from "../../model/run-config.ts";
import { readCidr } from "./addresses.ts";
import { isHostname } from "./http-text.ts";
import { LIMITS } from "./limits.ts";
import { readDurationMs } from "./quantities.ts";

/** Values of the guard as people write them, read the same from a flag and from a rules file. */

/** What a target may resolve to, or why the text says nothing of the kind; `meant` is what was probably meant. */
export type AllowedTargetReading =
  | AllowedTarget
  | { readonly kind: "host_bits"; readonly meant: string }
  | { readonly kind: "invalid" };

/** `10.0.0.0/8`, `10.0.0.9`, `shadow.internal`, or `*.svc.cluster.local` for all hosts below that domain. */
export function readAllowedTarget(text: string): AllowedTargetReading {
  const network = readCidr(text);
  if (network.kind === "cidr") return { kind: "network", cidr: network.cidr };
  if (network.kind === "host_bits") return network;
  // A name that ends in a number is an address to whoever resolves it, and this one is none.
  if (!isHostname(text) || /(^|\.)[0-9]+$/.test(text)) return { kind: "invalid" };
  const name = text.toLowerCase();
  return name.startsWith("*.") ? { kind: "domain", name: name.slice(2) } : { kind: "host", name };
}

/** How long a run may last: a duration; `never` for `none` and `0`. */
export function readTtl(text: string): number | "never" | undefined {
  if (text === "none" || text === "0") return "never";
  const ttlMs = readDurationMs(text) ?? Number.NaN;
  const [least, most] = LIMITS.durationMs;
  return ttlMs >= least && ttlMs <= most ? ttlMs : undefined;
}

/** The name or the number of a user who may hold what was captured: anybody but root. */
export function isUnprivilegedUser(text: string): boolean {
  return /^[^\s:/]{1,64}$/.test(text) && text !== "root" && !/^0+$/.test(text);
}

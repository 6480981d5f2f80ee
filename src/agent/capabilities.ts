import { readFileSync } from "node:fs";
import { ShadowtapError } from "../model/errors.ts";
import type { HookChoice } from "../model/run-config.ts";

/** Bit numbers, include/uapi/linux/capability.h. */
const Capability = {
  setgid: 6,
  setuid: 7,
  netAdmin: 12,
  netRaw: 13,
  sysAdmin: 21,
  perfmon: 38,
  bpf: 39,
} as const;

/** Effective capabilities of this process, as a bit set. */
export function effectiveCapabilities(): bigint {
  const status = readFileSync("/proc/self/status", "latin1");
  return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
}

function has(capabilities: bigint, capability: number): boolean {
  return ((capabilities >> BigInt(capability)) & 1n) === 1n;
}

/** Whether the kernel takes programs with a loop over a request's head: only where speculation does not matter. */
export function mayScanHeads(capabilities: bigint): boolean {
  return has(capabilities, Capability.perfmon) || has(capabilities, Capability.sysAdmin);
}

/** Whether root may start processes of another user: not in every container. */
export function mayChangeUser(capabilities: bigint): boolean {
  return has(capabilities, Capability.setuid) && has(capabilities, Capability.setgid);
}

/** The least that capturing by a hook needs; with CAP_PERFMON conditions on requests are decided in the kernel, too. */
export function neededCapabilities(hook: HookChoice): readonly string[] {
  return hook === "socket" ? ["CAP_BPF", "CAP_NET_RAW"] : ["CAP_BPF", "CAP_NET_ADMIN"];
}

/** Names of the capabilities that capturing needs and this process has not; CAP_SYS_ADMIN stands for CAP_BPF. */
export function missingCapabilities(capabilities: bigint, hook: HookChoice = "auto"): string[] {
  const held: Readonly<Record<string, boolean>> = {
    CAP_BPF: has(capabilities, Capability.bpf) || has(capabilities, Capability.sysAdmin),
    CAP_NET_ADMIN: has(capabilities, Capability.netAdmin),
    CAP_NET_RAW: has(capabilities, Capability.netRaw),
  };
  return neededCapabilities(hook).filter((name) => held[name] !== true);
}

/** Throws ST_PERMISSION when something that capturing needs is missing. */
export function requireCapabilities(hook: HookChoice): void {
  const missing = missingCapabilities(effectiveCapabilities(), hook);
  if (missing.length > 0)
    throw new ShadowtapError(
      "ST_PERMISSION",
      `Loading BPF programs needs ${missing.join(" and ")}, which this process does not have.`,
      [
        "Run as root, or with sudo.",
        hook === "socket"
          ? "Or grant just these: `setpriv --inh-caps +bpf,+net_raw --ambient-caps +bpf,+net_raw …`."
          : "Or grant just these: `setpriv --inh-caps +bpf,+net_admin --ambient-caps +bpf,+net_admin …`.",
      ],
    );
}

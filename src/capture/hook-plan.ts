import { namespaceCookie, withinNamespace } from "../kernel/network-namespace.ts";
import { cgroupProgramsKnowNamespace } from "../kernel/probe.ts";
import { ShadowtapError } from "../model/errors.ts";
import type { HookChoice } from "../model/run-config.ts";
import { interfaceNames, type NetworkInterface, selectInterfaces } from "./interfaces.ts";
import type { ST_SCOPE } from "./layout.gen.ts";
import { cgroup2Mount, type ResolvedScope } from "./scope.ts";

/** How the traffic in scope will be met. */
export type HookPlan = CgroupPlan | TcPlan | SocketPlan;

export interface CgroupPlan {
  readonly hook: "cgroup";
  readonly cgroupPath: string;
  readonly scope: keyof typeof ST_SCOPE;
  /** The namespace in scope, when the scope is one. */
  readonly namespaceCookie: bigint | undefined;
  /** The kernel tells the programs which namespace a socket is of. */
  readonly knowsNamespace: boolean;
  readonly reason: string;
}

export interface TcPlan {
  readonly hook: "tc";
  readonly namespacePath: string;
  readonly interfaces: readonly NetworkInterface[];
  /** None was named: those that come later are captured, too. */
  readonly followsInterfaces: boolean;
  readonly scope: keyof typeof ST_SCOPE;
  /** How to attach; left open, tcx where the kernel has it. */
  readonly attach?: "tcx" | "clsact";
  readonly reason: string;
}

export interface SocketPlan {
  readonly hook: "socket";
  readonly namespacePath: string;
  /** Empty: all of them, those that come later included. */
  readonly interfaces: readonly NetworkInterface[];
  readonly scope: keyof typeof ST_SCOPE;
  readonly reason: string;
}

export interface HookWish {
  readonly hook: HookChoice;
  readonly interfaces: readonly string[];
  /** Which rules name users or cgroups, for messages; empty: none does. */
  readonly ownerRules: readonly string[];
}

/** Chooses the hook, or checks that the one asked for can serve the scope. The reason is for the start-up line. */
export function planHook(wish: HookWish, scope: ResolvedScope): HookPlan {
  const plan = chooseHook(wish, scope);
  requireOwners(plan, wish.ownerRules);
  return plan;
}

/** Throws ST_OWNER_UNKNOWABLE when rules name users or cgroups and the hook knows neither. */
export function requireOwners(plan: HookPlan, ownerRules: readonly string[]): void {
  if (plan.hook === "cgroup" || ownerRules.length === 0) return;
  const asks = ownerRules.length === 1 ? "asks" : "ask";
  throw new ShadowtapError(
    "ST_OWNER_UNKNOWABLE",
    `The ${plan.hook} hook (${plan.reason}) sees packets, not sockets: it does not know who owns a connection, and ${ownerRules.join(", ")} ${asks} for a user or a cgroup.`,
    [
      "Use --hook cgroup; `shadowtap doctor` says whether it works here.",
      "Or select by port, address or interface instead of by user or cgroup.",
    ],
  );
}

function chooseHook(wish: HookWish, scope: ResolvedScope): HookPlan {
  if (wish.hook === "socket") return planSocket(wish, scope);
  if (wish.interfaces.length > 0) {
    if (wish.hook === "cgroup")
      throw usage("--iface works with --hook tc: cgroup programs see sockets, not interfaces.", [
        "Leave out --iface, or ask for --hook tc.",
      ]);
    return planTc(wish, scope, "--iface was given");
  }
  if (wish.hook === "tc") return planTc(wish, scope, "--hook tc was given");
  const obstacle = cgroupObstacle(scope);
  if (obstacle === undefined) {
    const why = wish.hook === "cgroup" ? "--hook cgroup was given" : "it sees every interface";
    return planCgroup(scope, why);
  }
  if (wish.hook === "cgroup" || scope.namespacePath === undefined)
    throw new ShadowtapError(
      "ST_KERNEL_UNSUPPORTED",
      `The cgroup hook cannot capture ${scope.description}: ${obstacle}.`,
      ["Use --hook tc, or select by --cgroup.", "Run `shadowtap doctor` to see what is missing."],
    );
  return planTc(wish, scope, obstacle);
}

/** Why the cgroup hook cannot serve this scope; undefined if it can. */
function cgroupObstacle(scope: ResolvedScope): string | undefined {
  if (!cgroup2Mount()) return "no cgroup2 file system is mounted";
  if (scope.namespacePath !== undefined && !cgroupProgramsKnowNamespace())
    return "this kernel does not tell cgroup programs the network namespace (Linux 6.15 does)";
  return undefined;
}

function planCgroup(scope: ResolvedScope, reason: string): CgroupPlan {
  const root = cgroup2Mount();
  if (root === undefined) throw new Error("planned a cgroup hook without cgroup2");
  const cookie =
    scope.namespacePath === undefined
      ? undefined
      : withinNamespace(scope.namespacePath, namespaceCookie);
  return {
    hook: "cgroup",
    cgroupPath: scope.cgroupPath ?? root,
    scope: cookie === undefined ? "ST_SCOPE_ANY" : "ST_SCOPE_NETNS",
    namespaceCookie: cookie,
    knowsNamespace: cgroupProgramsKnowNamespace(),
    reason,
  };
}

function planSocket(wish: HookWish, scope: ResolvedScope): SocketPlan {
  const namespacePath = oneNamespace("packet sockets see", scope);
  const interfaces =
    wish.interfaces.length === 0
      ? []
      : withinNamespace(namespacePath, () => selectInterfaces(wish.interfaces));
  return {
    hook: "socket",
    namespacePath,
    interfaces,
    scope: wish.interfaces.length > 0 ? "ST_SCOPE_ANY" : "ST_SCOPE_LOCAL",
    reason: "--hook socket was given",
  };
}

/** The namespace in scope; throws ST_USAGE when the scope is not one. */
function oneNamespace(who: string, scope: ResolvedScope): string {
  if (scope.namespacePath !== undefined) return scope.namespacePath;
  throw usage(`${who} the interfaces of one network namespace, not ${scope.description}.`, [
    "Use --hook cgroup for it, or name a namespace by --netns.",
  ]);
}

function planTc(wish: HookWish, scope: ResolvedScope, reason: string): TcPlan {
  const namespacePath = oneNamespace("tc works on", scope);
  const interfaces = withinNamespace(namespacePath, () => selectInterfaces(wish.interfaces));
  if (interfaces.length === 0) {
    const known = withinNamespace(namespacePath, interfaceNames);
    throw new ShadowtapError(
      "ST_INTERFACE_UNKNOWN",
      `No interface of ${scope.description} is up.`,
      [`It has ${known.join(", ")}. Bring one up, or name it with --iface.`],
    );
  }
  return {
    hook: "tc",
    namespacePath,
    interfaces,
    followsInterfaces: wish.interfaces.length === 0,
    // A named interface is itself the scope: forwarded traffic on it is wanted.
    scope: wish.interfaces.length > 0 ? "ST_SCOPE_ANY" : "ST_SCOPE_LOCAL",
    reason,
  };
}

function usage(message: string, hints: readonly string[]): ShadowtapError {
  return new ShadowtapError("ST_USAGE", message, hints);
}

import type { RedactionPolicy } from "./redaction.ts";
import type { Budget, Cidr, Match, PortRange, Ramp, SampleBy } from "./rule.ts";
import type { Target } from "./target.ts";

export const HOOK_CHOICES = ["auto", "cgroup", "tc", "socket"] as const;
export type HookChoice = (typeof HOOK_CHOICES)[number];

/** Whose sockets are captured, as the user says it. */
export type Scope =
  | { readonly kind: "own" }
  | { readonly kind: "cgroup"; readonly path: string }
  | { readonly kind: "container"; readonly id: string }
  | { readonly kind: "netns"; readonly path: string }
  | { readonly kind: "all" };

/** How traffic is captured: fixed for the whole run. */
export interface CaptureConfig {
  readonly hook: HookChoice;
  /** Interfaces for the tc and socket hooks; empty for every one that is up. */
  readonly interfaces: readonly string[];
  readonly scope: Scope;
  /** `in`: requests that services here receive; `out`: requests that processes here send. */
  readonly direction: "in" | "out";
  /** Payload processes. */
  readonly workers: number;
  /** Size of all rings together, in bytes. */
  readonly ringBytes: number;
}

/** `Origin` as the user says it: names that mean something on one machine only. See `agent/resolve-origin.ts`. */
export interface OriginSpec {
  readonly ports: readonly PortRange[];
  readonly local: readonly Cidr[];
  readonly exceptLocal: readonly Cidr[];
  readonly remote: readonly Cidr[];
  readonly exceptRemote: readonly Cidr[];
  /** User names or numbers. */
  readonly users: readonly string[];
  /** Paths below the cgroup2 mount, or with it in front. */
  readonly cgroups: readonly string[];
  /** Container ids, 12 to 64 hexadecimal digits. */
  readonly containers: readonly string[];
  readonly pids: readonly number[];
  /** Absolute paths of executables. */
  readonly executables: readonly string[];
}

/** `Rule` as the user says it, with its targets. */
export interface RuleSpec {
  readonly name: string;
  readonly from: OriginSpec;
  readonly match: Match;
  readonly methods: readonly string[] | "all";
  /** 0 … 1; with a ramp, where it ends. */
  readonly share: number;
  readonly sampleBy: SampleBy;
  readonly ramp: Ramp | undefined;
  readonly budget: Budget;
  readonly count: number | undefined;
  readonly redact: RedactionPolicy;
  /** Somebody has said what is redacted, if only that nothing is: targets outside of private networks demand it. */
  readonly choseRedaction: boolean;
  readonly targets: readonly Target[];
}

/** What a target may resolve to: a network, a host by name, or all hosts below a domain. */
export type AllowedTarget =
  | { readonly kind: "network"; readonly cidr: Cidr }
  | { readonly kind: "host" | "domain"; readonly name: string };

/** What keeps a mirror from doing harm. Fixed for the whole run. */
export interface GuardConfig {
  /** Undefined: every address. Public ones demand, with the list or without, that redaction was chosen. */
  readonly allowTargets: readonly AllowedTarget[] | undefined;
  /** The run ends by itself after this. Undefined: never. */
  readonly ttlMs: number | undefined;
  /** The run ends as soon as this file is there. */
  readonly stopFile: string | undefined;
  /** Whom payload processes run as: a name or a number. Undefined: nobody. */
  readonly user: string | undefined;
}

/** What shadowtap itself may use; undefined: no limit. */
export interface CostLimits {
  /** CPU of all its processes and of its programs in the kernel, in cores: 0.2 is 20 % of one. */
  readonly maxCpu: number | undefined;
  readonly maxMemoryBytes: number | undefined;
}

/** Everything that a rules file or the flags of `mirror` say about what is mirrored. */
export interface RunConfig {
  readonly capture: CaptureConfig;
  readonly matching: "first" | "all";
  readonly rules: readonly RuleSpec[];
  readonly limits: CostLimits;
  readonly guard: GuardConfig;
  /** File of the key that stand-ins are made with. Undefined: a key of this run's own. */
  readonly redactionKeyFile: string | undefined;
}

import type { Cidr } from "./rule.ts";

/** A set of rules: bit i is rule i. */
export type RuleMask = bigint;

/**
 * What the kernel needs of a rule set. `select` derives it, `capture` writes it into the maps of bpf/maps/rules.bpf.h. It
 * decides `Rule.from` exactly; of the rest it knows conditions that must hold for a request to match, never sufficient ones.
 */
export interface KernelRules {
  readonly generation: number;
  /** Rules by port of the service. */
  readonly ports: ReadonlyMap<number, RuleMask>;
  /** By address: the longest prefix that contains it decides. There is always one for ::/0. */
  readonly local: readonly { readonly cidr: Cidr; readonly rules: RuleMask }[];
  readonly remote: readonly { readonly cidr: Cidr; readonly rules: RuleMask }[];
  /** Rules that name this user. */
  readonly uids: ReadonlyMap<number, RuleMask>;
  /** Rules that name no user. */
  readonly anyUid: RuleMask;
  /** Rules that name this cgroup, by its id. */
  readonly cgroups: ReadonlyMap<string, { readonly level: number; readonly rules: RuleMask }>;
  readonly anyCgroup: RuleMask;
  /** How each rule is sampled in the kernel; `none`: not there. */
  readonly samples: readonly KernelSample[];
  readonly scan: ScanTable;
}

export interface KernelSample {
  readonly by: "none" | "request" | "connection" | "client";
  /** In, if a uniform 32-bit number is below: share * 2^32, at most 2^32 - 1. 2^32 - 1 means all. */
  readonly threshold: number;
}

/** Limits of the table, as in bpf/shadowtap.h. */
export const SCAN_STATES = 1024;
export const SCAN_CLASSES = 64;
export const SCAN_SETS = 256;
export const SCAN_CLAUSES = 4;
/** A request whose head is longer than this is let through. */
export const SCAN_BYTES = 1024;

/** What a state of the scan tells. */
export const ScanFlag = {
  /** The head ends with this byte. */
  headEnd: 0x01,
  /** This byte is a digit of Content-Length. */
  lengthDigit: 0x02,
  /** The kernel must not decide about this request: let it through. */
  undecidable: 0x04,
} as const;

/**
 * A deterministic automaton that the kernel runs over the head of a request, from its first byte, state 0.
 * `state = next[state * SCAN_CLASSES + classes[byte]]`; then `flags[state]` and `sets[state]` are heeded.
 *
 * Each rule has up to SCAN_CLAUSES clauses, and each of them must be satisfied by something in the head. Clause k of all rules is one
 * mask: it begins as `without[k]` (rules that have no such clause), each state adds `satisfied[sets[state] * SCAN_CLAUSES + k]`,
 * and at the end of the head the rules in all of the masks may match.
 */
export interface ScanTable {
  /** 256 entries, each below SCAN_CLASSES. */
  readonly classes: Uint8Array;
  /** SCAN_STATES * SCAN_CLASSES entries, each below SCAN_STATES. */
  readonly next: Uint16Array;
  /** SCAN_STATES entries of `ScanFlag` bits. */
  readonly flags: Uint8Array;
  /** SCAN_STATES entries; 0 satisfies nothing. */
  readonly sets: Uint8Array;
  /** SCAN_SETS * SCAN_CLAUSES masks. */
  readonly satisfied: BigUint64Array;
  /** SCAN_CLAUSES masks. */
  readonly without: BigUint64Array;
}

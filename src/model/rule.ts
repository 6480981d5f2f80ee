import type { RedactionPolicy } from "./redaction.ts";

/**
 * Rules: which requests are mirrored, how many of them, and where to. Plain data, so that it crosses the IPC channel as JSON.
 * `select` compiles them; docs/rules.md is the specification.
 */

/** At most this many rules: one bit each in the kernel's masks. */
export const MAX_RULES = 64;

/** Ports first … last, 1 … 65535, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** An IPv6 network, or an IPv4 one mapped into ::ffff:0:0/96, so that `bits` is 0 … 128 (IPv4: 96 … 128). */
export interface Cidr {
  /** 16 bytes as 32 hexadecimal digits, host bits zero. */
  readonly address: string;
  readonly bits: number;
}

/** A cgroup2 directory: what it contains counts, at any depth. */
export interface CgroupId {
  /** Id as the kernel knows it (its inode), in decimal. */
  readonly id: string;
  /** Depth below the root, which is 0. */
  readonly level: number;
}

/**
 * Connections that a rule looks at. Every part that is not empty must hold, and within a part one entry is enough. The
 * kernel decides it exactly; all rules it holds for are the connection's `RuleMask`.
 */
export interface Origin {
  /** Ports of the captured service; never empty. */
  readonly ports: readonly PortRange[];
  /** Networks of the service's own address. */
  readonly local: readonly Cidr[];
  readonly exceptLocal: readonly Cidr[];
  /** Networks of the client's address (of the server's, for outgoing requests). */
  readonly remote: readonly Cidr[];
  readonly exceptRemote: readonly Cidr[];
  /** Unix users that own the connection's socket on this node. Known for certain once it has answered. */
  readonly uids: readonly number[];
  readonly cgroups: readonly CgroupId[];
}

/** How a value is compared; byte by byte, case counts. `regex` is RE2 syntax and must match the whole value. */
export type ValueTest =
  | { readonly kind: "exact" | "prefix" | "regex"; readonly value: string }
  | { readonly kind: "present" }
  | { readonly kind: "absent" };

/**
 * How a path is compared, as it was sent, without its query, percent-encoding not undone. `prefix` goes by segments: /a
 * is the beginning of /a and /a/b, not of /ab. `template`: /users/{id}/orders, where {name} is one segment that is not empty.
 * `glob`: `*` is any run of characters, `?` any one.
 */
export interface PathTest {
  readonly kind: "exact" | "prefix" | "regex" | "template" | "glob";
  readonly value: string;
}

/**
 * What a request must be. Text is latin1: one character stands for one byte on the wire.
 *
 * `host` is the target's authority if it has one, else the Host field, without port, in lower case; `suffix` is what one label
 * or more stand before (`*.example.com` is the suffix example.com). `header`: the value of any one field line of that name, names
 * in any case; `absent`: there is no such line. `query`: a parameter with percent-encoding and `+` undone, any of several.
 * `cookie`: by name, any of several. `content_type`: the media type without parameters, in any case, `type/*` allowed. `body_size`: bytes of the
 * body as sent; a body that is streamed counts by its Content-Length, without one it is larger than every limit. `prefix`: the bytes that the request begins with.
 */
export type Match =
  | { readonly kind: "all" | "any"; readonly of: readonly Match[] }
  | { readonly kind: "not"; readonly of: Match }
  | { readonly kind: "method"; readonly value: string }
  | { readonly kind: "path"; readonly test: PathTest }
  | {
      readonly kind: "host";
      readonly test: { readonly kind: "exact" | "suffix" | "regex"; readonly value: string };
    }
  | {
      readonly kind: "header" | "query" | "cookie";
      readonly name: string;
      readonly test: ValueTest;
    }
  | { readonly kind: "content_type"; readonly value: string }
  | {
      readonly kind: "body_size";
      readonly minBytes: number;
      readonly maxBytes: number | undefined;
    }
  | { readonly kind: "prefix"; readonly value: string };

/** Every request. */
export const MATCH_ALL: Match = { kind: "all", of: [] };

/**
 * What a share is drawn by. `request`: each by itself. `connection`: all requests of a connection or none. `client`, `header`, `cookie`,
 * `query`: a hash of that value, so that the same user is in or out on every node; without the value, a request is out.
 */
export type SampleBy =
  | { readonly kind: "request" | "connection" | "client" }
  | { readonly kind: "header" | "cookie" | "query"; readonly name: string };

/** What may be spent; undefined: no limit. */
export interface Budget {
  readonly requestsPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  readonly inFlight: number | undefined;
}

/** A share that rises from `from` to `to`, and steps back when the shadow does badly. Shares are 0 … 1. */
export interface Ramp {
  readonly from: number;
  readonly to: number;
  readonly overMs: number;
  /** Equal steps, each held for `overMs / steps`. */
  readonly steps: number;
  readonly guard: RampGuard | undefined;
}

/** What the shadow must keep to, over the last step; undefined: not looked at. */
export interface RampGuard {
  /** Share of offered copies that failed or were answered with 5xx, 0 … 1. */
  readonly maxErrorRatio: number | undefined;
  readonly maxP99Ms: number | undefined;
}

/** One rule, ready to be compiled. */
export interface Rule {
  readonly name: string;
  readonly from: Origin;
  readonly match: Match;
  /** Methods that may be mirrored; others that match are held back. */
  readonly methods: readonly string[] | "all";
  /** 0 … 1. */
  readonly share: number;
  readonly sampleBy: SampleBy;
  readonly budget: Budget;
  /** Delivered requests after which no more are offered. */
  readonly count: number | undefined;
  readonly redact: RedactionPolicy;
  /** Indices of targets. */
  readonly targets: readonly number[];
}

/** All rules that are in force at one time. */
export interface RuleSet {
  /** Counts up with every change; records of the kernel say by which set they were chosen. */
  readonly generation: number;
  /** Whether a request belongs to the first rule that matches, or to every one. */
  readonly matching: "first" | "all";
  /** At most `MAX_RULES`. */
  readonly rules: readonly Rule[];
}

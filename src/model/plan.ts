import type { CaptureLedger } from "./ledger.ts";

/** One endpoint in a plan: method and path, with numbers and ids in the path written as `{n}`, `{id}`. */
export interface PlanEndpoint {
  readonly endpoint: string;
  readonly requests: number;
  readonly bytes: number;
}

/** What one payload process saw while planning; sums over the run. Sent by IPC, so plain. */
export interface PlanTally {
  /** Requests that would be mirrored, their bytes, and how many there were in the rule's busiest second, per rule. */
  readonly rules: Readonly<
    Record<
      string,
      { readonly requests: number; readonly bytes: number; readonly peakPerSecond: number }
    >
  >;
  /** Everything that was read, mirrored or not. */
  readonly read: { readonly requests: number; readonly bytes: number };
  /** By method, of what was read: how many matched a rule, and how many of those were held back for their method. */
  readonly methods: Readonly<
    Record<
      string,
      { readonly requests: number; readonly matched: number; readonly heldBack: number }
    >
  >;
  /** Endpoints that would be mirrored, the hottest first, at most 100; the rest in `others`. */
  readonly endpoints: readonly PlanEndpoint[];
  readonly others: { readonly requests: number; readonly bytes: number };
  /** Requests that would be mirrored in the busiest second. */
  readonly peakPerSecond: number;
  /** Live latency of what would be mirrored, milliseconds: sum and count, to tell how many are in flight at a time. */
  readonly liveLatency: { readonly sumMs: number; readonly count: number };
}

/** What one method had to do with the plan. */
export interface PlanMethod {
  readonly method: string;
  readonly requests: number;
  readonly matched: number;
  /** Matched, and not mirrored because the method is not among those that are allowed. */
  readonly heldBack: number;
  /** Not a safe method (RFC 9110 section 9.2.1): mirrored, it may change what the shadow stores. */
  readonly changesState: boolean;
}

/** Requests and bytes, in all and per second. */
export interface PlanRate {
  readonly requests: number;
  readonly bytes: number;
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** What would be mirrored: by one rule, or by all of them. */
export interface PlanPart extends PlanRate {
  /** Of all requests that were seen, 0 … 1. */
  readonly shareOfAll: number;
  /** Requests in the busiest second; with several payload processes the sum of theirs, which is at least that. */
  readonly peakPerSecond: number;
}

/** What the shadow must be able to take, if it is as fast as the live service. */
interface PlanCapacity {
  readonly requestsPerSecond: number;
  readonly peakPerSecond: number;
  readonly bytesPerSecond: number;
  /** Mean live latency of what would be mirrored; undefined while no answer was seen. */
  readonly liveLatencyMs: number | undefined;
  /** Requests under way at a time: rate times latency (Little's law); undefined without a latency. */
  readonly inFlight: number | undefined;
  readonly peakInFlight: number | undefined;
}

/** What `shadowtap plan` tells. */
export interface PlanReport {
  readonly durationMs: number;
  readonly hook: string;
  /** `address:port` of the listeners that were captured. */
  readonly listeners: readonly string[];
  readonly capture: CaptureLedger;
  /** Everything that was read. */
  readonly read: PlanRate;
  /** In the order of the rules, also those that nothing matched. */
  readonly rules: readonly (PlanPart & { readonly name: string })[];
  /** All rules together. A request that several rules want counts once for each. */
  readonly mirrored: PlanPart;
  /** The hottest first. */
  readonly endpoints: readonly PlanEndpoint[];
  /** What would be mirrored beyond the listed endpoints. */
  readonly others: { readonly requests: number; readonly bytes: number };
  /** The most frequent first. */
  readonly methods: readonly PlanMethod[];
  readonly capacity: PlanCapacity;
}

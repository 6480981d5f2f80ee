import { type CaptureLedger, seen } from "../../model/ledger.ts";
import type { PlanMethod, PlanPart, PlanRate, PlanReport, PlanTally } from "../../model/plan.ts";
import { mergeTallies, mirroredBy, topEndpoints } from "./merge.ts";

/** RFC 9110 section 9.2.1. */
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** What the keeper knows beyond the tallies. */
export interface PlanFacts {
  readonly durationMs: number;
  readonly hook: string;
  readonly listeners: readonly string[];
  readonly capture: CaptureLedger;
  /** Names of all rules, in their order. */
  readonly rules: readonly string[];
  /** Endpoints to list, at most 100. */
  readonly top: number;
}

interface Sum {
  readonly requests: number;
  readonly bytes: number;
}

function methodsOf({ methods }: PlanTally): readonly PlanMethod[] {
  return Object.entries(methods)
    .map(([method, counts]) => ({ method, ...counts, changesState: !SAFE_METHODS.has(method) }))
    .sort((left, right) => right.requests - left.requests || (left.method < right.method ? -1 : 1));
}

/** What the payload processes saw together, as what it means for whoever plans to mirror. */
export function planReport(tallies: readonly PlanTally[], facts: PlanFacts): PlanReport {
  const { durationMs, hook, listeners, capture, rules, top } = facts;
  const tally = mergeTallies(tallies);
  const seconds = Math.max(durationMs, 1) / 1000;
  const traffic = seen(capture) - capture.skipped.own;
  const rate = ({ requests, bytes }: Sum): PlanRate => ({
    requests,
    bytes,
    requestsPerSecond: requests / seconds,
    bytesPerSecond: bytes / seconds,
  });
  const part = (sum: Sum, peakPerSecond: number): PlanPart => ({
    ...rate(sum),
    // A request that several rules want is mirrored several times, and is one of all.
    shareOfAll: traffic <= 0 ? 0 : Math.min(1, sum.requests / traffic),
    peakPerSecond,
  });

  const byRule = new Map(Object.entries(tally.rules));
  const mirrored = part(mirroredBy(tally), tally.peakPerSecond);
  const { sumMs, count } = tally.liveLatency;
  const liveLatencyMs = count === 0 ? undefined : sumMs / count;
  const underWay = (perSecond: number) =>
    liveLatencyMs === undefined ? undefined : (perSecond * liveLatencyMs) / 1000;
  return {
    durationMs,
    hook,
    listeners,
    capture,
    read: rate(tally.read),
    rules: rules.map((name) => {
      const found = byRule.get(name) ?? { requests: 0, bytes: 0, peakPerSecond: 0 };
      return { name, ...part(found, found.peakPerSecond) };
    }),
    mirrored,
    ...topEndpoints(tally.endpoints, mirrored, top),
    methods: methodsOf(tally),
    capacity: {
      requestsPerSecond: mirrored.requestsPerSecond,
      peakPerSecond: mirrored.peakPerSecond,
      bytesPerSecond: mirrored.bytesPerSecond,
      liveLatencyMs,
      inFlight: underWay(mirrored.requestsPerSecond),
      peakInFlight: underWay(mirrored.peakPerSecond),
    },
  };
}

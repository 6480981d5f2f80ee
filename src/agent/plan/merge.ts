import { add } from "../../model/ledger.ts";
import type { PlanEndpoint, PlanTally } from "../../model/plan.ts";

/** Endpoints in a tally. */
const MAX_LISTED = 100;

interface Sum {
  readonly requests: number;
  readonly bytes: number;
}

/** The hottest endpoints, and in `others` what the whole has beyond them. */
export function topEndpoints(
  endpoints: readonly PlanEndpoint[],
  whole: Sum,
  limit = MAX_LISTED,
): Pick<PlanTally, "endpoints" | "others"> {
  const top = endpoints
    .toSorted(
      (left, right) => right.requests - left.requests || (left.endpoint < right.endpoint ? -1 : 1),
    )
    .slice(0, limit);
  const others = { requests: whole.requests, bytes: whole.bytes };
  for (const { requests, bytes } of top) {
    others.requests -= requests;
    others.bytes -= bytes;
  }
  return { endpoints: top, others };
}

/** Everything that would be mirrored. */
export function mirroredBy({ rules }: PlanTally): Sum {
  return sumOf(Object.values(rules));
}

function sumOf(parts: readonly Sum[]): Sum {
  const sum = { requests: 0, bytes: 0 };
  for (const { requests, bytes } of parts) add(sum, { requests, bytes });
  return sum;
}

/** Sums of the counts of each name. Names come from files and clients, and may be those of anything: hence maps. */
function merged<T extends object>(
  parts: readonly Readonly<Record<string, T>>[],
  zero: () => T,
): Record<string, T> {
  const sums = new Map<string, T>();
  for (const part of parts)
    for (const [name, counts] of Object.entries(part))
      sums.set(name, add(sums.get(name) ?? zero(), counts));
  return Object.fromEntries(sums);
}

/** What several payload processes saw, as one. Their busiest seconds need not be the same: the sum is an upper bound. */
export function mergeTallies(tallies: readonly PlanTally[]): PlanTally {
  const endpoints = new Map<string, PlanEndpoint>();
  const liveLatency = { sumMs: 0, count: 0 };
  let peakPerSecond = 0;
  for (const tally of tallies) {
    add(liveLatency, tally.liveLatency);
    peakPerSecond += tally.peakPerSecond;
    for (const { endpoint, requests, bytes } of tally.endpoints) {
      const known = endpoints.get(endpoint);
      endpoints.set(endpoint, {
        endpoint,
        requests: (known?.requests ?? 0) + requests,
        bytes: (known?.bytes ?? 0) + bytes,
      });
    }
  }
  const rules = tallies.map((tally) => tally.rules);
  const methods = tallies.map((tally) => tally.methods);
  return {
    rules: merged(rules, () => ({ requests: 0, bytes: 0, peakPerSecond: 0 })),
    read: sumOf(tallies.map(({ read }) => read)),
    methods: merged(methods, () => ({ requests: 0, matched: 0, heldBack: 0 })),
    ...topEndpoints([...endpoints.values()], sumOf(tallies.map(mirroredBy))),
    peakPerSecond,
    liveLatency,
  };
}

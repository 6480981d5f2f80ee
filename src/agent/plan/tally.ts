import type { PlanTally } from "../../model/plan.ts";
import { isPlainMethod, OTHER_METHODS, type RequestView } from "../../model/request.ts";
import { endpointOf } from "./endpoint.ts";
import { createHeavyHitters } from "./heavy-hitters.ts";
import { topEndpoints } from "./merge.ts";

/** Distinct endpoints that are kept. */
const MAX_ENDPOINTS = 1000;
/** Distinct methods that are kept: there are a dozen, and whoever invents more shares `OTHER_METHODS`. */
export const MAX_METHODS = 32;

/** Counts what would be mirrored, in a payload process that sends nothing. */
export interface Tally {
  /** A request was read. Called before whatever else is said of it. */
  read(request: RequestView): void;
  /** A rule matched it. `isHeldBack`: but its method is not one that may be mirrored. */
  matched(rule: string, request: RequestView, isHeldBack: boolean): void;
  /** It would be mirrored, with so many bytes of body. */
  offered(rule: string, request: RequestView, bodyBytes: number): void;
  /** The live answer to one that would be mirrored began so long after it. */
  answered(latencyNs: number): void;
  report(): PlanTally;
}

interface MethodCounts {
  requests: number;
  matched: number;
  heldBack: number;
}

/** Counts, and remembers the busiest second. */
function createMeter() {
  let second = Number.NaN;
  let inSecond = 0;
  const meter = {
    requests: 0,
    bytes: 0,
    peakPerSecond: 0,
    add(bytes: number, nowSecond: number) {
      if (nowSecond !== second) {
        second = nowSecond;
        inSecond = 0;
      }
      inSecond++;
      meter.requests++;
      meter.bytes += bytes;
      if (inSecond > meter.peakPerSecond) meter.peakPerSecond = inSecond;
    },
  };
  return meter;
}

/** `nowNs`: the clock, CLOCK_MONOTONIC. */
export function createPlanTally(nowNs: () => number): Tally {
  const all = createMeter();
  const rules = new Map<string, ReturnType<typeof createMeter>>();
  const methods = new Map<string, MethodCounts>();
  const endpoints = createHeavyHitters(MAX_ENDPOINTS);
  const readSum = { requests: 0, bytes: 0 };
  const liveLatency = { sumMs: 0, count: 0 };
  // Of the request that was read last: several rules may match it, and it is one request all the same.
  let isMatched = false;
  let isHeld = false;

  const methodOf = (method: string): MethodCounts => {
    const known = methods.get(method);
    if (known !== undefined) return known;
    const name = methods.size < MAX_METHODS && isPlainMethod(method) ? method : OTHER_METHODS;
    const counts = methods.get(name) ?? { requests: 0, matched: 0, heldBack: 0 };
    methods.set(name, counts);
    return counts;
  };

  return {
    read({ method, start, headEnd, bodyEnd, contentLength }) {
      isMatched = false;
      isHeld = false;
      readSum.requests++;
      // A streamed request has its body ahead of it.
      readSum.bytes += headEnd - start + Math.max(bodyEnd - headEnd, contentLength);
      methodOf(method).requests++;
    },

    matched(_rule, { method }, isHeldBack) {
      const counts = methodOf(method);
      if (!isMatched) counts.matched++;
      isMatched = true;
      if (!isHeldBack) return;
      if (!isHeld) counts.heldBack++;
      isHeld = true;
    },

    offered(rule, request, bodyBytes) {
      const bytes = request.headEnd - request.start + bodyBytes;
      const second = Math.floor(nowNs() / 1e9);
      all.add(bytes, second);
      let meter = rules.get(rule);
      if (meter === undefined) {
        meter = createMeter();
        rules.set(rule, meter);
      }
      meter.add(bytes, second);
      endpoints.count(endpointOf(request), bytes);
    },

    answered(latencyNs) {
      liveLatency.sumMs += latencyNs / 1e6;
      liveLatency.count++;
    },

    report() {
      const listed = endpoints
        .hitters()
        .map(({ key, count, bytes }) => ({ endpoint: key, requests: count, bytes }));
      return {
        rules: Object.fromEntries(
          [...rules].map(([name, { requests, bytes, peakPerSecond }]) => [
            name,
            { requests, bytes, peakPerSecond },
          ]),
        ),
        read: { ...readSum },
        methods: Object.fromEntries([...methods].map(([name, counts]) => [name, { ...counts }])),
        ...topEndpoints(listed, all),
        peakPerSecond: all.peakPerSecond,
        liveLatency: { ...liveLatency },
      };
    },
  };
}

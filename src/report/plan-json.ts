import { seen } from "../model/ledger.ts";
import { API_VERSION } from "../model/output.ts";
import type { PlanPart, PlanRate, PlanReport } from "../model/plan.ts";
import { rounded } from "./quantiles.ts";

function rate({ requests, bytes, requestsPerSecond, bytesPerSecond }: PlanRate) {
  return {
    requests,
    bytes,
    requests_per_second: rounded(requestsPerSecond),
    bytes_per_second: rounded(bytesPerSecond),
  };
}

function part(of: PlanPart) {
  return { ...rate(of), share_of_all: of.shareOfAll, peak_per_second: of.peakPerSecond };
}

function measured(value: number | undefined): number | null {
  return value === undefined ? null : rounded(value);
}

/** The plan as one JSON document, `kind` MirrorPlan; its schema is docs/plan.schema.json. Ends with a line feed. */
export function planJson(plan: PlanReport): string {
  const { capacity } = plan;
  const document = {
    apiVersion: API_VERSION,
    kind: "MirrorPlan",
    duration_ms: rounded(plan.durationMs),
    hook: plan.hook,
    listeners: plan.listeners,
    capture: { seen: seen(plan.capture), ...plan.capture },
    read: rate(plan.read),
    rules: plan.rules.map((rule) => ({ name: rule.name, ...part(rule) })),
    mirrored: part(plan.mirrored),
    endpoints: plan.endpoints,
    other_endpoints: plan.others,
    methods: plan.methods.map(({ method, requests, matched, heldBack, changesState }) => ({
      method,
      requests,
      matched,
      held_back: heldBack,
      changes_state: changesState,
    })),
    capacity: {
      requests_per_second: rounded(capacity.requestsPerSecond),
      peak_per_second: capacity.peakPerSecond,
      bytes_per_second: rounded(capacity.bytesPerSecond),
      live_latency_ms: measured(capacity.liveLatencyMs),
      in_flight: measured(capacity.inFlight),
      peak_in_flight: measured(capacity.peakInFlight),
    },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

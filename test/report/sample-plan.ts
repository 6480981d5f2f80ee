import { createCaptureLedger } from "../../src/model/ledger.ts";
import type { PlanPart, PlanReport } from "../../src/model/plan.ts";

const NOTHING: PlanPart = {
  requests: 0,
  bytes: 0,
  requestsPerSecond: 0,
  bytesPerSecond: 0,
  shareOfAll: 0,
  peakPerSecond: 0,
};

/** A plan over a minute without traffic. */
export function quietPlan(): PlanReport {
  return {
    durationMs: 60_000,
    hook: "cgroup",
    listeners: ["0.0.0.0:8080"],
    capture: createCaptureLedger(),
    read: NOTHING,
    rules: [{ name: "mirror", ...NOTHING }],
    mirrored: NOTHING,
    endpoints: [],
    others: { requests: 0, bytes: 0 },
    methods: [],
    capacity: {
      requestsPerSecond: 0,
      peakPerSecond: 0,
      bytesPerSecond: 0,
      liveLatencyMs: undefined,
      inFlight: undefined,
      peakInFlight: undefined,
    },
  };
}

/** A plan over a minute with traffic for two of three rules. */
export function busyPlan(): PlanReport {
  const capture = createCaptureLedger();
  capture.skipped.not_selected = 6000;
  capture.lost.joined_mid_stream = 12;
  capture.decoded = 5988;
  const orders: PlanPart = {
    requests: 1200,
    bytes: 1_440_000,
    requestsPerSecond: 20,
    bytesPerSecond: 24_000,
    shareOfAll: 0.1,
    peakPerSecond: 35,
  };
  const search: PlanPart = {
    ...orders,
    requests: 3,
    requestsPerSecond: 0.05,
    shareOfAll: 3 / 12_000,
  };
  return {
    ...quietPlan(),
    capture,
    read: { requests: 5988, bytes: 6_000_000, requestsPerSecond: 99.8, bytesPerSecond: 100_000 },
    rules: [
      { name: "orders-v2", ...orders },
      { name: "search", ...search, bytes: 600, bytesPerSecond: 10, peakPerSecond: 2 },
      { name: "idle\x1b[2J", ...NOTHING },
    ],
    mirrored: { ...orders, requests: 1203, bytes: 1_440_600, peakPerSecond: 36 },
    endpoints: [
      { endpoint: "GET /v1/orders/{n}", requests: 1000, bytes: 1_200_000 },
      { endpoint: "GET /\x07", requests: 3, bytes: 600 },
    ],
    others: { requests: 200, bytes: 240_000 },
    methods: [
      { method: "GET", requests: 4788, matched: 1203, heldBack: 0, changesState: false },
      { method: "POST", requests: 1000, matched: 900, heldBack: 900, changesState: true },
      { method: "DELETE", requests: 200, matched: 20, heldBack: 20, changesState: true },
    ],
    capacity: {
      requestsPerSecond: 20.05,
      peakPerSecond: 36,
      bytesPerSecond: 24_010,
      liveLatencyMs: 12.4,
      inFlight: 0.249,
      peakInFlight: 0.446,
    },
  };
}

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { planReport } from "../../../src/agent/plan/report.ts";
import { createPlanTally } from "../../../src/agent/plan/tally.ts";
import { createCaptureLedger } from "../../../src/model/ledger.ts";
import { planRequest } from "./plan-request.ts";

function facts(top = 10) {
  const capture = createCaptureLedger();
  capture.skipped.own = 1000;
  capture.skipped.not_selected = 60;
  capture.decoded = 40;
  const rules = ["orders", "constructor"];
  return { durationMs: 10_000, hook: "cgroup", listeners: [], capture, rules, top };
}

describe("plan report", () => {
  test("says rates, shares and what the shadow needs", () => {
    const tally = createPlanTally(() => 0);
    for (let i = 0; i < 40; i++) {
      const request = planRequest(i < 30 ? "GET" : "POST", `/orders/${i}`, 10);
      tally.read(request);
      tally.matched("orders", request, i >= 30);
      if (i < 20) tally.offered("orders", request, 10);
    }
    tally.answered(100e6);
    tally.answered(300e6);
    const report = planReport([tally.report()], facts());
    const [orders, idle] = report.rules;
    assert.equal(orders?.requestsPerSecond, 2);
    // Of 100 that others sent: our own requests are none of the traffic.
    assert.equal(orders?.shareOfAll, 0.2);
    assert.equal(orders?.peakPerSecond, 20);
    assert.deepEqual(idle, {
      name: "constructor",
      requests: 0,
      bytes: 0,
      requestsPerSecond: 0,
      bytesPerSecond: 0,
      shareOfAll: 0,
      peakPerSecond: 0,
    });
    assert.deepEqual(report.methods, [
      { method: "GET", requests: 30, matched: 30, heldBack: 0, changesState: false },
      { method: "POST", requests: 10, matched: 10, heldBack: 10, changesState: true },
    ]);
    assert.deepEqual(report.endpoints, [
      { endpoint: "GET /orders/{n}", requests: 20, bytes: report.mirrored.bytes },
    ]);
    assert.equal(report.capacity.liveLatencyMs, 200);
    assert.equal(report.capacity.inFlight, 0.4);
    assert.equal(report.capacity.peakInFlight, 4);
  });

  test("lists no more endpoints than it is asked for, the rest together", () => {
    const tally = createPlanTally(() => 0);
    for (const path of ["/a", "/b", "/b", "/c"]) {
      tally.read(planRequest("GET", path));
      tally.offered("orders", planRequest("GET", path), 0);
    }
    const { endpoints, others } = planReport([tally.report()], facts(1));
    assert.deepEqual(
      endpoints.map(({ endpoint, requests }) => [endpoint, requests]),
      [["GET /b", 2]],
    );
    assert.equal(others.requests, 2);
  });

  test("without traffic nothing is divided by nothing", () => {
    const report = planReport([], { ...facts(), durationMs: 0, capture: createCaptureLedger() });
    assert.equal(report.mirrored.shareOfAll, 0);
    assert.equal(report.mirrored.requestsPerSecond, 0);
    assert.equal(report.capacity.inFlight, undefined);
    assert.deepEqual(report.endpoints, []);
  });
});

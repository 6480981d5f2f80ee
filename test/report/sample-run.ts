import {
  createCaptureLedger,
  createRuleLedger,
  createSelectionLedger,
  createTargetLedger,
  type TargetLedger,
} from "../../src/model/ledger.ts";
import type { RuleSummary, RunSummary } from "../../src/model/summary.ts";

/** A rule that nothing has matched. */
export function quietRule(name: string, targets = ["http://10.0.0.9:8080"]): RuleSummary {
  return {
    name,
    description: "GET, HEAD, OPTIONS on port 8080",
    share: 1,
    targets,
    redaction: { preset: "off" as const, policyHash: "0123456789abcdef" },
    ledger: createRuleLedger(),
  };
}

/** A run in which nothing happened. */
export function quietRun(): RunSummary {
  return {
    startedAt: new Date("2026-01-02T06:31:02.114Z"),
    durationMs: 30_012,
    hook: "cgroup",
    listeners: ["0.0.0.0:8080"],
    capture: createCaptureLedger(),
    selection: createSelectionLedger(),
    rules: [quietRule("mirror")],
    targets: [{ name: "http://10.0.0.9:8080", ledger: createTargetLedger(), latency: undefined }],
    delay: undefined,
    kernel: {},
    linesDropped: 0,
    workers: 1,
    cpuSeconds: { keeper: 0.02, payload: 0.01 },
    maxRssBytes: 120 * 1024 ** 2,
    ringBytes: 16 * 1024 ** 2,
    kernelSeconds: 0,
    throttle: {
      maxCpu: undefined,
      maxMemoryBytes: undefined,
      lowestAdmitted: 1,
      limitedMs: 0,
    },
    reloads: { done: 0, refused: 0 },
    complete: true,
  };
}

/** A run in which a bit of everything happened, and the ledger balances. */
export function eventfulRun(): RunSummary {
  const run = quietRun();
  const { capture, selection } = run;
  const rule = quietRule("mirror", ["http://10.0.0.9:8080", "https://other"]);
  capture.skipped.own = 2;
  capture.lost.gap = 40;
  capture.shed = 100;
  capture.malformed.chunk = 3;
  capture.estimated = 140;
  capture.decoded = 12_263;
  selection.decoded = 12_263;
  rule.ledger.matched = 12_263;
  rule.ledger.held_back.method = 1151;
  rule.ledger.offered = 11_112;
  rule.ledger.copies = 22_224;
  const first: TargetLedger = createTargetLedger();
  first.offered = 11_112;
  first.delivered = 11_100;
  first.status = { "404": 100, "200": 11_000 };
  first.failed.unsent.queue_full = 10;
  first.failed.sent_unanswered.timeout = 2;
  const second: TargetLedger = createTargetLedger();
  second.offered = 11_112;
  second.failed.unsent.connect_failed = 11_112;
  return {
    ...run,
    rules: [rule],
    targets: [
      {
        name: "http://10.0.0.9:8080",
        ledger: first,
        latency: { p50Ms: 1.2, p99Ms: 10.3, maxMs: 31.04 },
      },
      { name: "https://other", ledger: second, latency: undefined },
    ],
    delay: { p50Ms: 2.1, p99Ms: 9.8, maxMs: 14 },
    kernel: {
      copied: { records: 50_000, bytes: 5_000_000 },
      skipped: { records: 0, bytes: 0 },
    },
    cpuSeconds: { keeper: 0.1, payload: 0.25 },
    kernelSeconds: 0.0414,
  };
}

/** A run of several rules, some of which nothing matched, that had to hold itself back and was reloaded; it balances. */
export function ruledRun(): RunSummary {
  const run = quietRun();
  const { capture, selection } = run;
  capture.skipped.not_selected = 90_000;
  capture.skipped.sampled_out = 900;
  capture.throttled = 700;
  capture.lost.owner_unknown = 5;
  capture.estimated = 60_000;
  capture.decoded = 400;
  selection.decoded = 400;
  selection.not_matched = 30;
  selection.also_matched = 20;
  const orders = { ...quietRule("orders-v2"), description: "POST /v1/orders of user www-data" };
  orders.ledger.matched = 290;
  orders.ledger.over_budget.max_in_flight = 10;
  orders.ledger.offered = 280;
  orders.ledger.copies = 280;
  const search = { ...quietRule("search"), description: "", share: 0.000_01 };
  search.ledger.matched = 100;
  search.ledger.sampled_out = 100;
  const [target] = run.targets;
  if (target === undefined) throw new Error("there is a target");
  target.ledger.offered = 280;
  target.ledger.delivered = 277;
  target.ledger.status = { "201": 277 };
  target.ledger.failed.unsent.paused = 3;
  return {
    ...run,
    rules: [orders, ...["a", "b", "c", "d"].map((name) => quietRule(name)), search],
    throttle: {
      maxCpu: 0.2,
      maxMemoryBytes: 256 * 1024 ** 2,
      lowestAdmitted: 0.031,
      limitedMs: 4200,
    },
    reloads: { done: 2, refused: 1 },
    complete: true,
  };
}

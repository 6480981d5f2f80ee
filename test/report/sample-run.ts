import {
  createCaptureLedger,
  createRuleLedger,
  createTargetLedger,
  type TargetLedger,
} from "../../src/model/ledger.ts";
import type { RunSummary } from "../../src/model/summary.ts";

/** A run in which nothing happened. */
export function quietRun(): RunSummary {
  return {
    startedAt: new Date("2026-01-02T06:31:02.114Z"),
    durationMs: 30_012,
    hook: "cgroup",
    listeners: ["0.0.0.0:8080"],
    rule: { path: "*", methods: ["GET", "HEAD", "OPTIONS"], percent: 100 },
    capture: createCaptureLedger(),
    ruleLedger: createRuleLedger(),
    targets: [{ name: "http://10.0.0.9:8080", ledger: createTargetLedger(), latency: undefined }],
    delay: undefined,
    kernel: {},
    linesDropped: 0,
    workers: 1,
    cpuSeconds: { keeper: 0.02, payload: 0.01 },
    maxRssBytes: 120 * 1024 ** 2,
    ringBytes: 16 * 1024 ** 2,
  };
}

/** A run in which a bit of everything happened, and the ledger balances. */
export function eventfulRun(): RunSummary {
  const run = quietRun();
  const { capture, ruleLedger } = run;
  capture.skipped.own = 2;
  capture.lost.gap = 40;
  capture.shed = 100;
  capture.malformed.chunk = 3;
  capture.estimated = 140;
  capture.decoded = 12_263;
  ruleLedger.decoded = 12_263;
  ruleLedger.held_back.method = 1151;
  ruleLedger.offered = 11_112;
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
  };
}

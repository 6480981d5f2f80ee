import {
  createCaptureLedger,
  createRuleLedger,
  createSelectionLedger,
  createTargetLedger,
} from "../../src/model/ledger.ts";
import type { RuleStatus, RunStatus, TargetStatus } from "../../src/model/status.ts";

export function ruleStatus(name: string): RuleStatus {
  return {
    name,
    share: 1,
    sampleBy: "request",
    targets: ["http://10.0.0.9:8080"],
    ramp: undefined,
    redaction: { preset: "off" as const, policyHash: "0123456789abcdef" },
    ledger: createRuleLedger(),
  };
}

function targetStatus(name: string): TargetStatus {
  return { name, state: "closed", paused: false, ledger: createTargetLedger(), latency: undefined };
}

/** A run that has just begun. */
export function quietStatus(): RunStatus {
  return {
    pid: 812,
    version: "0.1.0",
    startedAt: "2026-01-02T06:31:02.114Z",
    uptimeMs: 125_000,
    command: "mirror",
    configFile: undefined,
    hook: "cgroup",
    attachments: ["cgroup /sys/fs/cgroup"],
    listeners: ["0.0.0.0:8080 nginx (pid 700)"],
    generation: 1,
    reload: undefined,
    capture: createCaptureLedger(),
    selection: createSelectionLedger(),
    rules: [ruleStatus("mirror")],
    targets: [targetStatus("http://10.0.0.9:8080")],
    governor: {
      maxCpu: undefined,
      maxMemoryBytes: undefined,
      cpu: 0.031,
      kernelCpu: 0.002,
      memoryBytes: 120 * 1024 ** 2,
      admitted: 1,
      lowestAdmitted: 1,
      limitedMs: 0,
      ringUsed: 0.03,
      loopLagMs: 1.24,
    },
  };
}

/** A run of several rules: one ramps, one target is paused, the governor holds back, the last reload was refused. */
export function busyStatus(): RunStatus {
  const quiet = quietStatus();
  const orders = ruleStatus("orders-v2");
  orders.ledger.matched = 12_000;
  orders.ledger.sampled_out = 10_800;
  orders.ledger.offered = 1200;
  orders.ledger.copies = 2400;
  const steady = ruleStatus("search");
  steady.ledger.matched = 3;
  steady.ledger.offered = 3;
  steady.ledger.copies = 3;
  const good = targetStatus("http://10.0.0.9:8080");
  good.ledger.offered = 1203;
  good.ledger.delivered = 1200;
  good.ledger.status = { "200": 1200 };
  good.ledger.failed.unsent.queue_full = 2;
  const paused = targetStatus("other");
  paused.ledger.offered = 1200;
  paused.ledger.failed.unsent.paused = 1200;
  const { capture, selection } = quiet;
  capture.skipped.not_selected = 100_000;
  capture.lost.gap = 4;
  capture.shed = 7;
  capture.throttled = 700;
  capture.decoded = 12_003;
  selection.decoded = 12_003;
  return {
    ...quiet,
    command: "run",
    configFile: "/etc/shadowtap.yaml",
    generation: 3,
    reload: {
      at: "2026-01-02T06:33:00.000Z",
      ok: false,
      message: "/etc/shadowtap.yaml:3:7: percent must be a number from 0 to 100.",
    },
    rules: [
      {
        ...orders,
        share: 0.1,
        sampleBy: "cookie session",
        targets: ["http://10.0.0.9:8080", "other"],
        ramp: { step: 3, steps: 10, state: "held_back", reason: "2.1 % of the copies failed." },
      },
      { ...steady, share: 0.000_01 },
    ],
    targets: [
      { ...good, latency: { p50Ms: 1.2, p99Ms: 10.3, maxMs: 31.04 } },
      { ...paused, state: "half_open", paused: true },
    ],
    governor: {
      ...quiet.governor,
      maxCpu: 0.2,
      maxMemoryBytes: 256 * 1024 ** 2,
      cpu: 0.18,
      admitted: 0.25,
      lowestAdmitted: 0.031,
      limitedMs: 42_000,
    },
  };
}

import type { Counters } from "../capture/counters.ts";
import { cpuSecondsSince } from "../model/clock.ts";
import { createHistogram } from "../model/histogram.ts";
import {
  add,
  createCaptureLedger,
  createRuleLedger,
  createTargetLedger,
  total,
} from "../model/ledger.ts";
import type { RunSummary } from "../model/summary.ts";
import type { PayloadReport } from "./messages.ts";
import type { MirrorOptions } from "./options.ts";

/** What the keeper knows of the run beyond the payload processes' reports. */
export interface RunFacts {
  readonly options: MirrorOptions;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly hook: string;
  readonly listeners: readonly string[];
  readonly counters: Counters;
  /** The keeper's when capture began: loading is not part of what mirroring costs. */
  readonly cpuAtStart: NodeJS.CpuUsage;
  readonly ringBytes: number;
}

/** Adds up the payload processes' reports and the kernel's own counts of requests that user space never saw. */
export function summarise(reports: readonly PayloadReport[], facts: RunFacts): RunSummary {
  const { options, counters } = facts;
  const capture = createCaptureLedger();
  const ruleLedger = createRuleLedger();
  const delay = createHistogram();
  for (const report of reports) {
    add(capture, report.capture);
    add(ruleLedger, report.rule);
    delay.merge(report.delay);
  }
  const starts = {
    own: counters.start_own.records,
    shed: counters.start_shed.records,
    ringFull: counters.start_ring_full.records,
  };
  capture.skipped.own += starts.own;
  capture.shed += starts.shed;
  capture.lost.ring_full += starts.ringFull;
  capture.estimated += total(starts);

  const { methods, maxRps, count } = options;
  return {
    startedAt: facts.startedAt,
    durationMs: facts.durationMs,
    hook: facts.hook,
    listeners: facts.listeners,
    rule: {
      path: options.path,
      methods: methods === "all" ? "all" : [...methods],
      percent: options.percent,
      ...(maxRps === undefined ? {} : { maxRps }),
      ...(count === undefined ? {} : { count }),
    },
    capture,
    ruleLedger,
    targets: options.targets.map((target, index) => {
      const ledger = createTargetLedger();
      const latency = createHistogram();
      for (const report of reports) {
        const part = report.targets[index];
        if (part) add(ledger, part);
        const data = report.latency[index];
        if (data) latency.merge(data);
      }
      return { name: target.name, ledger, latency: latency.quantiles() };
    }),
    delay: delay.quantiles(),
    kernel: counters,
    linesDropped: reports.reduce((sum, report) => sum + report.linesDropped, 0),
    workers: reports.length,
    cpuSeconds: {
      keeper: cpuSecondsSince(facts.cpuAtStart),
      payload: reports.reduce((sum, report) => sum + report.cpuSeconds, 0),
    },
    maxRssBytes:
      process.resourceUsage().maxRSS * 1024 +
      reports.reduce((sum, report) => sum + report.maxRssBytes, 0),
    ringBytes: facts.ringBytes,
  };
}

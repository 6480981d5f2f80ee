import type { Counters } from "../capture/counters.ts";
import { cpuSecondsSince } from "../model/clock.ts";
import { createHistogram } from "../model/histogram.ts";
import {
  add,
  type CaptureLedger,
  createCaptureLedger,
  createRuleLedger,
  createSelectionLedger,
  createTargetLedger,
  type RuleLedger,
  type SelectionLedger,
} from "../model/ledger.ts";
import type { RuleSet } from "../model/rule.ts";
import type { GovernorStatus } from "../model/status.ts";
import type { RuleSummary, RunSummary, TargetSummary } from "../model/summary.ts";
import type { Target } from "../model/target.ts";
import type { PayloadReport } from "./messages.ts";
import { ruleText } from "./notices.ts";
import { redactionSummary } from "./redactors.ts";

/** What the keeper knows of the run beyond the payload processes' reports. */
export interface RunFacts {
  readonly set: RuleSet;
  /** By index. */
  readonly targets: readonly Target[];
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly hook: string;
  readonly listeners: readonly string[];
  readonly counters: Counters;
  /** The keeper's when capture began: loading is not part of what mirroring costs. */
  readonly cpuAtStart: NodeJS.CpuUsage;
  readonly ringBytes: number;
  readonly kernelSeconds: number;
  readonly governor: GovernorStatus;
  readonly reloads: { readonly done: number; readonly refused: number };
  readonly complete: boolean;
}

/** Adds up the payload processes' reports and the kernel's own counts of requests that user space never saw. */
export function summarise(reports: readonly PayloadReport[], facts: RunFacts): RunSummary {
  const delay = createHistogram();
  for (const report of reports) delay.merge(report.delay);
  return {
    startedAt: facts.startedAt,
    durationMs: facts.durationMs,
    hook: facts.hook,
    listeners: facts.listeners,
    capture: captureOf(reports, facts.counters),
    selection: selectionOf(reports),
    rules: ruleSummaries(reports, facts.set, facts.targets),
    targets: targetSummaries(reports, facts.targets),
    delay: delay.quantiles(),
    kernel: facts.counters,
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
    kernelSeconds: facts.kernelSeconds,
    throttle: facts.governor,
    reloads: facts.reloads,
    complete: facts.complete,
  };
}

/** What was seen, read in user space or only counted in the kernel. */
export function captureOf(reports: readonly PayloadReport[], counters: Counters): CaptureLedger {
  const capture = createCaptureLedger();
  for (const report of reports) add(capture, report.capture);
  const starts = (name: keyof Counters) => counters[name].records;
  capture.skipped.own += starts("start_own");
  capture.skipped.not_selected += starts("start_not_selected") + starts("start_other");
  capture.skipped.sampled_out += starts("start_sampled_out") + starts("start_other_sampled");
  capture.throttled += starts("start_throttled");
  capture.shed += starts("start_shed");
  capture.lost.ring_full += starts("start_ring_full");
  // Of what was left out whole the kernel knew where each request begins and ends; of the rest only how segments begin.
  capture.estimated +=
    starts("start_own") +
    starts("start_other") +
    starts("start_other_sampled") +
    starts("start_shed") +
    starts("start_ring_full");
  return capture;
}

export function selectionOf(reports: readonly PayloadReport[]): SelectionLedger {
  return reports.reduce((sum, report) => add(sum, report.selection), createSelectionLedger());
}

/** By rule name: those in force first, then those that were before. */
export function rulesOf(
  reports: readonly PayloadReport[],
  set: RuleSet,
): ReadonlyMap<string, RuleLedger> {
  const ledgers = new Map(set.rules.map(({ name }) => [name, createRuleLedger()]));
  for (const report of reports)
    for (const [name, ledger] of Object.entries(report.rules))
      ledgers.set(name, add(ledgers.get(name) ?? createRuleLedger(), ledger));
  return ledgers;
}

function ruleSummaries(
  reports: readonly PayloadReport[],
  set: RuleSet,
  targets: readonly Target[],
): RuleSummary[] {
  return [...rulesOf(reports, set)].map(([name, ledger]) => {
    const rule = set.rules.find((one) => one.name === name);
    return {
      name,
      description: rule === undefined ? "no longer in force" : ruleText(rule),
      share: rule?.share ?? 0,
      targets: (rule?.targets ?? []).map((index) => targets[index]?.name ?? ""),
      redaction: rule === undefined ? undefined : redactionSummary(rule.redact),
      ledger,
    };
  });
}

/** By name: a target that was changed by a reload goes on under its name. */
export function targetSummaries(
  reports: readonly PayloadReport[],
  targets: readonly Target[],
): TargetSummary[] {
  const parts = new Map<
    string,
    { ledger: TargetSummary["ledger"]; latency: ReturnType<typeof createHistogram> }
  >();
  for (const [index, { name }] of targets.entries()) {
    const part = parts.get(name) ?? { ledger: createTargetLedger(), latency: createHistogram() };
    parts.set(name, part);
    for (const report of reports) {
      const ledger = report.targets[index];
      if (ledger !== undefined) add(part.ledger, ledger);
      const data = report.latency[index];
      if (data !== undefined) part.latency.merge(data);
    }
  }
  return [...parts].map(([name, { ledger, latency }]) => ({
    name,
    ledger,
    latency: latency.quantiles(),
  }));
}

import { seen } from "../model/ledger.ts";
import { API_VERSION } from "../model/output.ts";
import type { Quantiles, RunSummary } from "../model/summary.ts";
import { runImbalance } from "./summary-text.ts";

function rounded(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}

function quantiles(of: Quantiles | undefined): object | null {
  if (of === undefined) return null;
  return { p50_ms: rounded(of.p50Ms), p99_ms: rounded(of.p99Ms), max_ms: rounded(of.maxMs) };
}

/** The summary as one JSON document, `kind` MirrorSummary; its schema is docs/summary.schema.json. Ends with a line feed. */
export function summaryJson(run: RunSummary): string {
  const { rule } = run;
  const document = {
    apiVersion: API_VERSION,
    kind: "MirrorSummary",
    started_at: run.startedAt.toISOString(),
    duration_ms: rounded(run.durationMs),
    hook: run.hook,
    listeners: run.listeners,
    workers: run.workers,
    ring_bytes: run.ringBytes,
    rule: {
      path: rule.path,
      methods: rule.methods,
      percent: rule.percent,
      max_rps: rule.maxRps ?? null,
      count: rule.count ?? null,
    },
    ledger: {
      capture: { seen: seen(run.capture), ...run.capture },
      rule: run.ruleLedger,
      targets: run.targets.map(({ name, ledger }) => ({ name, ...ledger })),
      imbalance: runImbalance(run),
    },
    latency: Object.fromEntries(run.targets.map(({ name, latency }) => [name, quantiles(latency)])),
    delay: quantiles(run.delay),
    kernel: run.kernel,
    lines_dropped: run.linesDropped,
    cost: {
      cpu_seconds: {
        keeper: rounded(run.cpuSeconds.keeper),
        payload: rounded(run.cpuSeconds.payload),
      },
      max_rss_bytes: run.maxRssBytes,
    },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

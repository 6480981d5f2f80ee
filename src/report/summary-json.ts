import { API_VERSION } from "../model/output.ts";
import type { RunSummary } from "../model/summary.ts";
import { imbalanceOf, ledgerDocument, redactionDocument } from "./ledger-json.ts";
import { quantilesDocument, rounded } from "./quantiles.ts";

/** The summary as one JSON document, `kind` MirrorSummary; its schema is docs/summary.schema.json. Ends with a line feed. */
export function summaryJson(run: RunSummary): string {
  const { throttle } = run;
  const document = {
    apiVersion: API_VERSION,
    kind: "MirrorSummary",
    started_at: run.startedAt.toISOString(),
    duration_ms: rounded(run.durationMs),
    hook: run.hook,
    listeners: run.listeners,
    workers: run.workers,
    ring_bytes: run.ringBytes,
    rules: run.rules.map(({ name, description, share, targets, redaction }) => ({
      name,
      description,
      share,
      targets,
      redaction: redactionDocument(redaction),
    })),
    ledger: { ...ledgerDocument(run), imbalance: imbalanceOf(run) },
    latency: Object.fromEntries(
      run.targets.map(({ name, latency }) => [name, quantilesDocument(latency)]),
    ),
    delay: quantilesDocument(run.delay),
    kernel: run.kernel,
    lines_dropped: run.linesDropped,
    throttle: {
      max_cpu: throttle.maxCpu ?? null,
      max_memory_bytes: throttle.maxMemoryBytes ?? null,
      lowest_admitted: throttle.lowestAdmitted,
      limited_ms: rounded(throttle.limitedMs),
    },
    reloads: run.reloads,
    complete: run.complete,
    cost: {
      cpu_seconds: {
        keeper: rounded(run.cpuSeconds.keeper),
        payload: rounded(run.cpuSeconds.payload),
      },
      kernel_seconds: rounded(run.kernelSeconds),
      max_rss_bytes: run.maxRssBytes,
    },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

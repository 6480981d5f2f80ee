import { createCaptureLedger, createSelectionLedger, total } from "../model/ledger.ts";
import type { PayloadReport } from "./messages.ts";

/**
 * The last report of a payload process that ended by itself. It was made while copies were on their way; nobody will answer them any
 * more, and whether they were sent is not known.
 */
export function endedReport(report: PayloadReport): PayloadReport {
  return {
    ...report,
    targets: report.targets.map((target) => {
      const { offered, delivered, failed } = target;
      const stopping = failed.sent_unanswered.stopping + offered - delivered - total(failed);
      return {
        ...target,
        failed: { ...failed, sent_unanswered: { ...failed.sent_unanswered, stopping } },
      };
    }),
  };
}

/** Of a payload process that has said nothing yet. */
export function emptyReport(): PayloadReport {
  return {
    capture: createCaptureLedger(),
    selection: createSelectionLedger(),
    rules: {},
    targets: [],
    latency: [],
    delay: { buckets: [], maxNs: 0 },
    plan: undefined,
    linesDropped: 0,
    cpuSeconds: 0,
    maxRssBytes: 0,
    ringUsed: 0,
    loopLagMs: 0,
  };
}

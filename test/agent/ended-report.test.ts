import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyReport, endedReport } from "../../src/agent/ended-report.ts";
import { createTargetLedger, imbalance } from "../../src/model/ledger.ts";

test("what was under way when a payload process ended is unanswered, and the ledger balances", () => {
  const target = createTargetLedger();
  target.offered = 10;
  target.delivered = 4;
  target.status["200"] = 4;
  target.failed.unsent.expired = 1;
  target.failed.sent_unanswered.timeout = 2;
  const report = endedReport({ ...emptyReport(), targets: [target] });
  const [ended] = report.targets;
  assert.equal(ended?.failed.sent_unanswered.stopping, 3);
  assert.equal(target.failed.sent_unanswered.stopping, 0);
  assert.deepEqual(
    imbalance(report.capture, report.selection, new Map(), new Map([["a", ended ?? target]])),
    ["copies = targets offered: 0 is not 10"],
  );
});

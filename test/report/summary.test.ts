import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import {
  createTargetLedger,
  LOST_REASONS,
  MALFORMED_REASONS,
  OVER_BUDGET_REASONS,
  SKIPPED_REASONS,
  UNANSWERED_REASONS,
  UNSENT_REASONS,
} from "../../src/model/ledger.ts";
import type { RunSummary } from "../../src/model/summary.ts";
import { summaryJson } from "../../src/report/summary-json.ts";
import { formatSummary } from "../../src/report/summary-text.ts";
import { type Schema, violations } from "./json-schema.ts";
import { PLAIN } from "./plain.ts";
import { eventfulRun, quietRun } from "./sample-run.ts";

const UNICODE = { colour: false, unicode: true };

describe("summary for people", () => {
  test("a run with a bit of everything", () => {
    assert.equal(
      formatSummary(eventfulRun(), UNICODE),
      `Saw 12,408 requests in 30.0s (413/s) on 0.0.0.0:8080 (hook cgroup); offered 11,112.

  seen                       12,408
    skipped own                   2  shadowtap's own requests to a shadow; never mirrored again.
    lost gap                     40  Bytes of it were missing from the copy. A larger --ring-size if ring_full or shed appear too.
    shed                        100  Refused in the kernel to spare the live service. More --workers, a larger --ring-size, or a smaller --percent.
    malformed chunk               3  An invalid chunk.
    (estimated)                 140  Part of the numbers above: counted in the kernel by how they begin, so they may be off.
  read                       12,263
    held_back method          1,151  Not a method that is mirrored. --allow-methods adds some, or all; a payment mirrored is a payment made twice.
  offered                    11,112
  → http://10.0.0.9:8080
    delivered                11,100  99.9 % of offered  200: 11,000  404: 100
    unsent queue_full            10  The shadow is slower than the live service. A faster shadow, --pipeline, or a smaller --percent.
    sent_unanswered timeout       2  No complete answer within --timeout.
    latency                          p50 1.2ms  p99 10ms  max 31ms
  → https://other
    delivered                     0  0 % of offered
    unsent connect_failed    11,112  No connection to the target. Is it up, and is the address of --to right?
  mirror delay                       p50 2.1ms  p99 9.8ms  max 14ms
  kernel records
    copied                   50,000  4.8 MiB
  cost                               CPU 0.35s (1.2 % of a core, 31.5 µs per request offered; keeper 0.10s, payload 0.25s), memory 120 MiB at most, with a ring of 16 MiB in it

The ledger balances: 140 lost or shed, 11,124 failed; every one is listed above. docs/ledger.md explains them.
`,
    );
  });

  test("a run without traffic says so first", () => {
    const text = formatSummary(quietRun(), PLAIN);
    assert.match(
      text,
      /^Saw no request in 30\.0s on 0\.0\.0\.0:8080 \(hook cgroup\)\. `shadowtap doctor`/,
    );
    assert.match(text, /The ledger balances: nothing was lost, nothing failed\.\n$/);
  });

  test("an imbalance is loud", () => {
    const run = eventfulRun();
    run.capture.decoded++;
    const text = formatSummary(run, PLAIN);
    assert.match(
      text,
      /\nTHE LEDGER DOES NOT BALANCE:\n {2}capture decoded = rule decoded: 12264 is not 12263\n/,
    );
    assert.match(text, /fault of shadowtap: please report/);
  });

  test("plain style is ASCII, colour changes nothing but colour", () => {
    const plain = formatSummary(eventfulRun(), PLAIN);
    assert.match(plain, /^[\x20-\x7e\n]*$/);
    const coloured = formatSummary(eventfulRun(), { colour: true, unicode: false });
    assert.notEqual(coloured, plain);
    assert.equal(stripVTControlCharacters(coloured).replaceAll(/ +$/gm, ""), plain);
  });

  test("dropped lines are told, with what to do", () => {
    const text = formatSummary({ ...quietRun(), linesDropped: 1234 }, PLAIN);
    assert.match(text, /lines dropped +1,234 {2}stdout did not take them in time/);
  });

  test("every reason has advice", () => {
    const run = quietRun();
    const occur = (counts: Record<string, number>) => {
      for (const reason of Object.keys(counts)) counts[reason] = 1;
    };
    const target = createTargetLedger();
    for (const counts of [
      run.capture.skipped,
      run.capture.lost,
      run.capture.malformed,
      run.ruleLedger.over_budget,
      target.failed.unsent,
      target.failed.sent_unanswered,
    ])
      occur(counts);
    const text = formatSummary(
      { ...run, targets: [{ name: "http://a", ledger: target, latency: undefined }] },
      PLAIN,
    );
    const rows = text
      .split("\n")
      .filter((line) => /^ {4}(skipped|lost|malformed|over|unsent|sent)/.test(line));
    const reasons = [SKIPPED_REASONS, LOST_REASONS, MALFORMED_REASONS, OVER_BUDGET_REASONS];
    const failures = [UNSENT_REASONS, UNANSWERED_REASONS];
    assert.equal(rows.length, [...reasons, ...failures].flat().length);
    for (const row of rows) assert.match(row, / 1 {2}\S.{10}/);
  });
});

describe("summary as JSON", () => {
  const schema: Schema = JSON.parse(
    readFileSync(new URL("../../docs/summary.schema.json", import.meta.url), "utf8"),
  );
  const document = (run: RunSummary) => JSON.parse(summaryJson(run));

  test("keeps to its schema", () => {
    assert.deepEqual(violations(schema, document(quietRun())), []);
    assert.deepEqual(violations(schema, document(eventfulRun())), []);
    const limited: RunSummary = {
      ...quietRun(),
      rule: { path: "/a*", methods: "all", percent: 0.5, maxRps: 0.5, count: 10 },
    };
    assert.deepEqual(violations(schema, document(limited)), []);
  });

  test("the schema refuses what is missing, unknown or of another kind", () => {
    const faulty = document(eventfulRun());
    delete faulty.ledger.capture.lost.gap;
    faulty.ledger.rule.misc = 1;
    faulty.cost.max_rss_bytes = "much";
    assert.deepEqual(violations(schema, faulty), [
      "$.ledger.capture.lost.gap: is missing",
      "$.ledger.rule.misc: is not allowed",
      "$.cost.max_rss_bytes: is string, not integer",
    ]);
  });

  test("holds the ledger under its own names", () => {
    const { ledger, latency, delay } = document(eventfulRun());
    assert.equal(ledger.capture.seen, 12_408);
    assert.equal(ledger.capture.lost.gap, 40);
    assert.equal(ledger.rule.held_back.method, 1151);
    assert.equal(ledger.targets[0].failed.unsent.queue_full, 10);
    assert.deepEqual(ledger.targets[0].status, { "200": 11_000, "404": 100 });
    assert.deepEqual(ledger.imbalance, []);
    assert.deepEqual(latency["http://10.0.0.9:8080"], { p50_ms: 1.2, p99_ms: 10.3, max_ms: 31.04 });
    assert.equal(latency["https://other"], null);
    assert.deepEqual(delay, { p50_ms: 2.1, p99_ms: 9.8, max_ms: 14 });
  });

  test("says what does not add up", () => {
    const run = eventfulRun();
    run.targets[1]!.ledger.failed.unsent.connect_failed--;
    assert.deepEqual(document(run).ledger.imbalance, [
      "https://other offered = delivered + failed: 11112 is not 11111",
    ]);
  });
});

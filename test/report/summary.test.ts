import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import {
  createRuleLedger,
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
import { eventfulRun, quietRule, quietRun, ruledRun } from "./sample-run.ts";

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
  cost                               CPU 0.35s (1.2 % of a core, 31.5 µs per request offered; keeper 0.10s, payload 0.25s), in the kernel 0.04s, memory 120 MiB at most, with a ring of 16 MiB in it

The ledger balances: 140 lost or shed, 11,124 failed; every one is listed above. docs/ledger.md explains them.
`,
    );
  });

  test("a run of several rules, held back by its own limits", () => {
    assert.equal(
      formatSummary(ruledRun(), UNICODE),
      `Saw 92,005 requests in 30.0s (3,066/s) on 0.0.0.0:8080 (hook cgroup); offered 280.

  seen                         92,005
    skipped not_selected       90,000  The kernel saw that no rule can match, so they were never copied.
    skipped sampled_out           900  Left out in the kernel by the share that the rule mirrors.
    lost owner_unknown              5  Whose connection it was could not be told in time, and a rule goes by users: too large to hold, or never answered.
    throttled                     700  Refused in the kernel to keep within --max-cpu or --max-memory. A higher limit, or rules that select less.
    (estimated)                60,000  Part of the numbers above: counted in the kernel by how they begin, so they may be off.
  read                            400
    not_matched                    30  No rule matches.
    also_matched                   20  Matches beyond a request's first: each one counts in its rule as well.
  rule orders-v2: POST /v1/orders of user www-data
    matched                       290
    over_budget max_in_flight      10  As many copies as --max-in-flight allows were under way: the shadow is slower.
    offered                       280
  rule search
    matched                       100
    sampled_out                   100  Left out by --percent.
    offered                         0
  4 rules that nothing matched: a, b, c, d
  offered                         280
  → http://10.0.0.9:8080
    delivered                     277  98.9 % of offered  201: 277
    unsent paused                   3  The target was paused. \`shadowtap target resume\` lets copies through again.
  rules changed                     2  1 more refused: what was asked for was invalid, and the rules stayed as they were.
  cost                                 CPU 0.03s (0.1 % of a core; keeper 0.02s, payload 0.01s), in the kernel 0.00s, memory 120 MiB at most, with a ring of 16 MiB in it

For 4200ms shadowtap held itself back to keep within --max-cpu 20 % and --max-memory 256 MiB: at the lowest it let 3.1 % of the selected requests through. A higher limit, a smaller --percent or rules that select less would let all of them through.

The ledger balances: 5 lost or shed, 700 throttled, 3 failed; every one is listed above. docs/ledger.md explains them.
`,
    );
  });

  test("a few rules that nothing matched have blocks of their own", () => {
    const run = { ...quietRun(), rules: [quietRule("first"), quietRule("second\x1b[2J")] };
    const text = formatSummary(run, PLAIN);
    assert.match(
      text,
      /\n {2}rule first: GET, HEAD, OPTIONS on port 8080\n {4}matched +0\n {4}offered +0\n {2}rule second\\x1b\[2J: GET/,
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

  test("a run whose payload process died does not say that nothing was lost", () => {
    const text = formatSummary({ ...quietRun(), complete: false }, PLAIN);
    assert.match(text, /balances, but a payload process ended by itself: .* is in no number\.\n$/);
    assert.doesNotMatch(text, /nothing was lost/);
  });

  test("an imbalance is loud", () => {
    const run = eventfulRun();
    run.capture.decoded++;
    const text = formatSummary(run, PLAIN);
    assert.match(
      text,
      /\nTHE LEDGER DOES NOT BALANCE:\n {2}capture decoded = selection decoded: 12264 is not 12263\n/,
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
      run.rules[0]!.ledger.over_budget,
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
    assert.deepEqual(violations(schema, document(ruledRun())), []);
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
    assert.deepEqual(ledger.rule, {
      decoded: 12_263,
      not_matched: 0,
      held_back: { method: 1151 },
      sampled_out: 0,
      over_budget: { max_rps: 0, max_bandwidth: 0, max_in_flight: 0, count: 0 },
      refused: createRuleLedger().refused,
      offered: 11_112,
    });
    assert.deepEqual(ledger.selection, { decoded: 12_263, not_matched: 0, also_matched: 0 });
    assert.equal(ledger.rules[0].copies, 22_224);
    assert.deepEqual(ledger.targets[0].status, { "200": 11_000, "404": 100 });
    assert.deepEqual(ledger.imbalance, []);
    assert.deepEqual(latency["http://10.0.0.9:8080"], { p50_ms: 1.2, p99_ms: 10.3, max_ms: 31.04 });
    assert.equal(latency["https://other"], null);
    assert.deepEqual(delay, { p50_ms: 2.1, p99_ms: 9.8, max_ms: 14 });
  });

  test("holds every rule, and all of them together as one", () => {
    const { rules, ledger, throttle, reloads, cost } = document(ruledRun());
    assert.deepEqual(rules[5], {
      name: "search",
      description: "",
      share: 0.000_01,
      redaction: { preset: "off", policy_hash: "0123456789abcdef" },
      targets: ["http://10.0.0.9:8080"],
    });
    assert.deepEqual(
      ledger.rules.map(({ name, matched }: { name: string; matched: number }) => [name, matched]),
      [
        ["orders-v2", 290],
        ["a", 0],
        ["b", 0],
        ["c", 0],
        ["d", 0],
        ["search", 100],
      ],
    );
    assert.equal(ledger.rule.decoded, 400);
    assert.equal(ledger.rule.not_matched, 30);
    assert.equal(ledger.rule.sampled_out, 100);
    assert.equal(ledger.rule.over_budget.max_in_flight, 10);
    assert.equal(ledger.rule.offered, 280);
    assert.deepEqual(throttle, {
      max_cpu: 0.2,
      max_memory_bytes: 256 * 1024 ** 2,
      lowest_admitted: 0.031,
      limited_ms: 4200,
    });
    assert.deepEqual(reloads, { done: 2, refused: 1 });
    assert.equal(cost.kernel_seconds, 0);
    assert.deepEqual(ledger.imbalance, []);
  });

  test("says what does not add up", () => {
    const run = eventfulRun();
    run.targets[1]!.ledger.failed.unsent.connect_failed--;
    assert.deepEqual(document(run).ledger.imbalance, [
      "https://other offered = delivered + failed: 11112 is not 11111",
    ]);
  });
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import type { PlanReport } from "../../src/model/plan.ts";
import { planJson } from "../../src/report/plan-json.ts";
import { formatPlan } from "../../src/report/plan-text.ts";
import { type Schema, violations } from "./json-schema.ts";
import { PLAIN } from "./plain.ts";
import { busyPlan, quietPlan } from "./sample-plan.ts";

describe("plan for people", () => {
  test("a minute of traffic", () => {
    assert.equal(
      formatPlan(busyPlan(), PLAIN),
      `Saw 12,000 requests in 60.0s (200/s) on 0.0.0.0:8080 (hook cgroup). Nothing was sent.

What would be mirrored:

  RULE         REQUESTS   MEAN  PEAK     BYTES  OF ALL
  orders-v2       1,200   20/s  35/s  23 KiB/s  10.0 %
  search              3  0.1/s   2/s    10 B/s   0.1 %
  idle\\x1b[2J         0  0.0/s   0/s     0 B/s     0 %
  all of them     1,203   20/s  36/s  23 KiB/s  10.0 %

The hottest of it:

  ENDPOINT            REQUESTS   SHARE    BYTES
  GET /v1/orders/{n}     1,000  83.1 %  1.1 MiB
  GET /\\x07                  3   0.2 %    600 B
  all others               200  16.6 %  234 KiB

By method:

  METHOD   READ  MATCHED  HELD BACK
  GET     4,788    1,203          0
  POST    1,000      900        900  changes state
  DELETE    200       20         20  changes state

The shadow has to take 20/s on average, 36/s in the busiest second, and 23 KiB/s: 0.2 requests at a time, 0.4 in the busiest second, if it answers as fast as the live service (12ms on average).

920 matching requests were held back for the method. --allow-methods with POST,DELETE among them mirrors them as well; a payment mirrored is a payment made twice, so the shadow must not share what it stores with the live service.

12 requests came on connections that were open already, and could not be told apart yet: a few at the start of every run, and no more later.

What became of everything that was seen:

  seen                      12,000
    skipped not_selected     6,000  The kernel saw that no rule can match, so they were never copied.
    lost joined_mid_stream      12  In progress, or not yet told apart, when capture began on an open connection; no fault.
`,
    );
  });

  test("no traffic is said at once, with what to do", () => {
    assert.equal(
      formatPlan(quietPlan(), PLAIN),
      "Saw no request in 60.0s on 0.0.0.0:8080 (hook cgroup), so there is nothing to plan by. `shadowtap doctor` looks for the reason.\n",
    );
  });

  test("traffic that no rule wants, and answers that were not seen", () => {
    const busy = busyPlan();
    const { mirrored } = quietPlan();
    assert.match(
      formatPlan({ ...busy, mirrored, endpoints: [] }, PLAIN),
      /\nNothing would be mirrored\.\n/,
    );
    const capacity = { ...busy.capacity, liveLatencyMs: undefined };
    assert.match(
      formatPlan({ ...busy, capacity }, PLAIN),
      /and 23 KiB\/s\. How many at a time is not known: no live answer was seen\.\n/,
    );
  });

  test("colour changes nothing but colour", () => {
    const plain = formatPlan(busyPlan(), PLAIN);
    const coloured = formatPlan(busyPlan(), { colour: true, unicode: false });
    assert.match(plain, /^[\x20-\x7e\n]*$/);
    assert.notEqual(coloured, plain);
    assert.equal(stripVTControlCharacters(coloured).replaceAll(/ +$/gm, ""), plain);
  });
});

describe("plan as JSON", () => {
  const schema: Schema = JSON.parse(
    readFileSync(new URL("../../docs/plan.schema.json", import.meta.url), "utf8"),
  );
  const document = (plan: PlanReport) => JSON.parse(planJson(plan));

  test("keeps to its schema", () => {
    assert.deepEqual(violations(schema, document(quietPlan())), []);
    assert.deepEqual(violations(schema, document(busyPlan())), []);
  });

  test("the schema refuses what is missing, unknown or of another kind", () => {
    const faulty = document(busyPlan());
    delete faulty.capture.lost.joined_mid_stream;
    faulty.capacity.in_flight = "few";
    faulty.methods[0].safe = true;
    assert.deepEqual(violations(schema, faulty), [
      "$.capture.lost.joined_mid_stream: is missing",
      "$.methods[0].safe: is not allowed",
      "$.capacity.in_flight: matches no alternative",
    ]);
  });

  test("holds rates, shares and what the shadow needs", () => {
    const { rules, methods, capacity, other_endpoints } = document(busyPlan());
    assert.deepEqual(rules[0], {
      name: "orders-v2",
      requests: 1200,
      bytes: 1_440_000,
      requests_per_second: 20,
      bytes_per_second: 24_000,
      share_of_all: 0.1,
      peak_per_second: 35,
    });
    assert.deepEqual(methods[1], {
      method: "POST",
      requests: 1000,
      matched: 900,
      held_back: 900,
      changes_state: true,
    });
    assert.equal(capacity.in_flight, 0.249);
    assert.equal(other_endpoints.requests, 200);
    assert.equal(document(quietPlan()).capacity.in_flight, null);
  });
});

test("what several schemas share is the same in each", () => {
  const read = (name: string): Schema =>
    JSON.parse(readFileSync(new URL(`../../docs/${name}.schema.json`, import.meta.url), "utf8"));
  const summary = read("summary").$defs ?? {};
  // Ledgers of rules and targets carry their names in the summary; elsewhere they stand in what has the name.
  for (const name of ["status", "plan"])
    for (const [key, schema] of Object.entries(read(name).$defs ?? {}))
      if (!["rule_ledger", "target_ledger"].includes(key))
        assert.deepEqual(schema, summary[key], `${name} ${key}`);
});

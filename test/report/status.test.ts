import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import type { RunStatus } from "../../src/model/status.ts";
import { statusJson } from "../../src/report/status-json.ts";
import { formatStatus } from "../../src/report/status-text.ts";
import { type Schema, violations } from "./json-schema.ts";
import { PLAIN } from "./plain.ts";
import { busyStatus, quietStatus, ruleStatus } from "./sample-status.ts";

const UNICODE = { colour: false, unicode: true };

describe("status for people", () => {
  test("a run that has just begun", () => {
    assert.equal(
      formatStatus(quietStatus(), PLAIN),
      `shadowtap mirror - pid 812 - up 2m05s - version 0.1.0
hook cgroup (cgroup /sys/fs/cgroup) - 0.0.0.0:8080 nginx (pid 700)

RULE    SHARE  BY       MATCHED  LEFT OUT  OFFERED  TO
mirror  100 %  request        0         0        0  http://10.0.0.9:8080

TARGET                STATE  OFFERED  DELIVERED  FAILED  P50  P99
http://10.0.0.9:8080  ok           0          0       0    -    -

0 seen - 0 read - 0 offered
CPU 3.1 % of a core and 0.2 % in the kernel - memory 120 MiB - ring 3.0 % full - event loop 1.2ms late
`,
    );
  });

  test("a run that is busy", () => {
    assert.equal(
      formatStatus(busyStatus(), UNICODE),
      `shadowtap run /etc/shadowtap.yaml · pid 812 · up 2m05s · version 0.1.0
hook cgroup (cgroup /sys/fs/cgroup) · 0.0.0.0:8080 nginx (pid 700)
the last change was refused 2026-01-02T06:33:00.000Z: /etc/shadowtap.yaml:3:7: percent must be a number from 0 to 100.
still the rules of generation 3

RULE         SHARE  BY              MATCHED  LEFT OUT  OFFERED  TO
orders-v2     10 %  cookie session   12,000    10,800    1,200  http://10.0.0.9:8080, other
  ramp: step 3 of 10, stepped back: 2.1 % of the copies failed.
search     0.001 %  request               3         0        3  http://10.0.0.9:8080

TARGET                STATE                      OFFERED  DELIVERED  FAILED    P50   P99
http://10.0.0.9:8080  ok                           1,203      1,200       2  1.2ms  10ms
other                 paused, breaker half open    1,200          0   1,200      -     -

112,714 seen · 100,000 skipped · 4 lost · 7 shed · 700 throttled · 12,003 read · 1,203 offered
CPU 18.0 % of a core and 0.2 % in the kernel (limit 20 %) · memory 120 MiB (limit 256 MiB) · ring 3.0 % full · event loop 1.2ms late
governor: holding back: 25.0 % of the selected requests are let through (lowest 3.1 %, for 42.0s in all)
`,
    );
  });

  test("a change of the rules that was made, and a governor that has recovered", () => {
    const busy = busyStatus();
    const text = formatStatus(
      {
        ...busy,
        reload: { at: "2026-01-02T06:33:00.000Z", ok: true, message: "2 rules." },
        governor: { ...busy.governor, admitted: 1 },
      },
      PLAIN,
    );
    assert.match(text, /\nrules of generation 3, changed 2026-01-02T06:33:00\.000Z: 2 rules\.\n/);
    assert.match(
      text,
      /\ngovernor: not holding back any more \(lowest 3\.1 %, for 42\.0s in all\)\n/,
    );
  });

  test("plain style is ASCII, also of hostile names; colour changes nothing but colour", () => {
    const hostile: RunStatus = {
      ...busyStatus(),
      rules: [ruleStatus("a\x1b[2J\u202e\n")],
      listeners: ["\x07"],
    };
    assert.match(formatStatus(hostile, PLAIN), /^[\x20-\x7e\n]*$/);
    const plain = formatStatus(busyStatus(), PLAIN);
    const coloured = formatStatus(busyStatus(), { colour: true, unicode: false });
    assert.notEqual(coloured, plain);
    assert.equal(stripVTControlCharacters(coloured), plain);
  });
});

describe("status as JSON", () => {
  const schema: Schema = JSON.parse(
    readFileSync(new URL("../../docs/status.schema.json", import.meta.url), "utf8"),
  );
  const document = (status: RunStatus) => JSON.parse(statusJson(status));

  test("keeps to its schema", () => {
    assert.deepEqual(violations(schema, document(quietStatus())), []);
    assert.deepEqual(violations(schema, document(busyStatus())), []);
  });

  test("the schema refuses what is missing, unknown or of another kind", () => {
    const faulty = document(busyStatus());
    delete faulty.capture.lost.gap;
    faulty.rules[0].ledger.misc = 1;
    faulty.targets[1].state = "ajar";
    faulty.governor.admitted = 2;
    assert.deepEqual(violations(schema, faulty), [
      "$.capture.lost.gap: is missing",
      "$.rules[0].ledger.misc: is not allowed",
      "$.targets[1].state: matches no alternative",
      "$.governor.admitted: is too large",
    ]);
  });

  test("holds what the run says, in snake case", () => {
    const { rules, targets, capture, governor, reload, config_file } = document(busyStatus());
    assert.equal(config_file, "/etc/shadowtap.yaml");
    assert.equal(capture.seen, 112_714);
    assert.equal(rules[0].sample_by, "cookie session");
    assert.deepEqual(rules[0].ramp, {
      step: 3,
      steps: 10,
      state: "held_back",
      reason: "2.1 % of the copies failed.",
    });
    assert.equal(rules[1].ramp, null);
    assert.equal(rules[0].ledger.sampled_out, 10_800);
    assert.equal(targets[1].paused, true);
    assert.deepEqual(targets[0].latency, { p50_ms: 1.2, p99_ms: 10.3, max_ms: 31.04 });
    assert.equal(governor.lowest_admitted, 0.031);
    assert.equal(reload.ok, false);
  });

  test("is one line where many follow each other", () => {
    const line = statusJson(busyStatus(), "line");
    assert.equal(line.indexOf("\n"), line.length - 1);
    assert.deepEqual(JSON.parse(line), document(busyStatus()));
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyReport } from "../../src/agent/ended-report.ts";
import type { PayloadReport } from "../../src/agent/messages.ts";
import { runStatus, type StatusSources } from "../../src/agent/run-status.ts";
import type { Counters } from "../../src/capture/counters.ts";
import { ST_COUNTER } from "../../src/capture/layout.gen.ts";
import { createHistogram } from "../../src/model/histogram.ts";
import {
  createCaptureLedger,
  createRuleLedger,
  createTargetLedger,
} from "../../src/model/ledger.ts";
import type { SampleBy } from "../../src/model/rule.ts";
import { rule, ruleSet } from "../select/rules.ts";
import { target } from "./sample-rules.ts";

/** Every counter at zero, but for some. */
function counters(records: Partial<Record<keyof Counters, number>>): Counters {
  const names = Object.keys(ST_COUNTER).map((name) => name.slice("ST_C_".length).toLowerCase());
  return Object.fromEntries(
    names.map((name) => [name, { records: records[name as keyof Counters] ?? 0, bytes: 0 }]),
  ) as Counters;
}

/** One payload process that decoded and delivered so many requests of rule `a` to the first target. */
function report(requests: number, latencyNs: number): PayloadReport {
  const target = createTargetLedger();
  target.offered = requests;
  target.delivered = requests;
  const latency = createHistogram();
  latency.record(latencyNs);
  return {
    ...emptyReport(),
    capture: { ...createCaptureLedger(), decoded: requests },
    rules: { a: { ...createRuleLedger(), matched: requests } },
    targets: [target, createTargetLedger()],
    latency: [latency.data(), { buckets: [], maxNs: 0 }],
  };
}

const GOVERNOR = {
  maxCpu: 0.2,
  maxMemoryBytes: undefined,
  cpu: 0.1,
  kernelCpu: 0.01,
  memoryBytes: 1,
  admitted: 1,
  lowestAdmitted: 1,
  limitedMs: 0,
  ringUsed: 0,
  loopLagMs: 0,
};

function sources(changes: Partial<StatusSources> = {}): StatusSources {
  const set = ruleSet([rule("a", { share: 0.25, targets: [1, 0] })], 3);
  return {
    version: "1.2.3",
    command: "run",
    configFile: "/etc/shadowtap.yaml",
    startedAt: new Date(0),
    startedMs: performance.now() - 5_000,
    hook: "cgroup",
    listeners: ["nginx on :80"],
    rules: { set, rampOf: () => undefined } as unknown as StatusSources["rules"],
    registry: {
      targets: [target("one"), target("two")],
    } as unknown as StatusSources["registry"],
    pool: { reports: () => [report(3, 1e6), report(4, 9e6)] },
    capture: {
      attachments: ["tcx eth0 ingress"],
      counters: { all: () => counters({ start_shed: 5 }) } as never,
    },
    breakers: new Map([["two", "open"]]),
    paused: new Set(["one"]),
    governance: { status: GOVERNOR },
    reloads: { last: undefined },
    ...changes,
  };
}

test("what payload processes and kernel have counted is added up", () => {
  const status = runStatus(sources());
  assert.equal(status.capture.decoded, 7);
  assert.equal(status.capture.shed, 5);
  assert.deepEqual(status.attachments, ["tcx eth0 ingress"]);
  assert.equal(status.generation, 3);
  assert.equal(status.startedAt, "1970-01-01T00:00:00.000Z");
  assert.ok(status.uptimeMs >= 5_000 && status.uptimeMs < 60_000);
  assert.equal(status.governor, GOVERNOR);
});

test("targets have their state, and rules their targets by name", () => {
  const { targets, rules } = runStatus(sources());
  assert.deepEqual(
    targets.map(({ name, state, paused, ledger }) => [name, state, paused, ledger.delivered]),
    [
      ["one", "closed", true, 7],
      ["two", "open", false, 0],
    ],
  );
  assert.equal(targets[0]?.latency?.maxMs, 9);
  assert.equal(targets[1]?.latency, undefined);
  assert.deepEqual(rules[0]?.targets, ["two", "one"]);
  assert.equal(rules[0]?.share, 0.25);
  assert.equal(rules[0]?.ledger.matched, 7);
});

test("a rule that a reload took away is still there, with what it counted", () => {
  const set = ruleSet([rule("b")], 4);
  const { rules } = runStatus(
    sources({ rules: { set, rampOf: () => undefined } as unknown as StatusSources["rules"] }),
  );
  const retired = rules.find(({ name }) => name === "a");
  assert.equal(retired?.ledger.matched, 7);
  assert.equal(retired?.share, 0);
  assert.deepEqual(retired?.targets, []);
  assert.equal(retired?.redaction, undefined);
  assert.equal(rules.find(({ name }) => name === "b")?.share, 1);
});

test("what a share is drawn by is said as --sample-by says it", () => {
  const ways: readonly (readonly [SampleBy, string])[] = [
    [{ kind: "request" }, "request"],
    [{ kind: "connection" }, "connection"],
    [{ kind: "client" }, "cohort:client"],
    [{ kind: "cookie", name: "session" }, "cohort:cookie:session"],
    [{ kind: "header", name: "x-user-id" }, "cohort:header:x-user-id"],
    [{ kind: "query", name: "q" }, "cohort:query:q"],
  ];
  for (const [sampleBy, text] of ways) {
    const set = ruleSet([rule("a", { sampleBy })]);
    const { rules } = runStatus(
      sources({ rules: { set, rampOf: () => undefined } as unknown as StatusSources["rules"] }),
    );
    assert.equal(rules[0]?.sampleBy, text);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  budgetOfWorker,
  buildRuleSet,
  portsOf,
  portsText,
  shareOfWorker,
} from "../../src/agent/rule-set.ts";
import { createTargetRegistry } from "../../src/agent/target-registry.ts";
import { config, RAMP, spec, target } from "./sample-rules.ts";

test("a rule set names its targets by index, each once, and a ramp begins at its beginning", () => {
  const registry = createTargetRegistry();
  const rules = [
    spec("a", { targets: [target("x"), target("y")], share: 0.25 }),
    spec("b", { targets: [target("y")], share: 0.5, ramp: RAMP }),
  ];
  const set = buildRuleSet({ ...config(...rules), matching: "all" }, 7, registry);
  assert.deepEqual([set.generation, set.matching], [7, "all"]);
  assert.deepEqual(
    set.rules.map(({ name, share, targets }) => [name, share, targets]),
    [
      ["a", 0.25, [0, 1]],
      ["b", RAMP.from, [1]],
    ],
  );
});

test("budgets of all workers together are what was asked for", () => {
  const budget = { requestsPerSecond: 100, bytesPerSecond: 1000, inFlight: 10 };
  assert.deepEqual(budgetOfWorker(budget, 4), {
    requestsPerSecond: 25,
    bytesPerSecond: 250,
    inFlight: 2,
  });
  assert.equal(budgetOfWorker({ ...budget, inFlight: 1 }, 4).inFlight, 1, "each may send one");
  const none = { requestsPerSecond: undefined, bytesPerSecond: undefined, inFlight: undefined };
  assert.deepEqual(budgetOfWorker(none, 4), none);
  const set = buildRuleSet(config(spec("a", { budget })), 1, createTargetRegistry());
  assert.equal(shareOfWorker(set, 1), set);
  assert.equal(shareOfWorker(set, 2).rules[0]?.budget.requestsPerSecond, 50);
});

test("ports, as numbers and as they are written", () => {
  const from = (...ranges: readonly (readonly [number, number])[]) => ({
    from: { ports: ranges.map(([first, last]) => ({ first, last })) },
  });
  const rules = [from([80, 80], [8000, 8002]), from([80, 80])];
  assert.deepEqual([...portsOf(rules)], [80, 8000, 8001, 8002]);
  assert.equal(portsText(rules), "80, 8000-8002");
});

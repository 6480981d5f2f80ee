import assert from "node:assert/strict";
import { test } from "node:test";
import { createLiveTargets } from "../../src/agent/live-targets.ts";
import { createTargetRegistry } from "../../src/agent/target-registry.ts";
import { target } from "./sample-rules.ts";

const scope = { cgroupPath: undefined, namespacePath: undefined, description: "everything" };

function createTargets() {
  const told: unknown[] = [];
  const registry = createTargetRegistry();
  const slower = { ...target("a"), pathPrefix: "/v2" };
  for (const one of [target("a"), target("b"), slower]) registry.indexOf(one);
  const capture = { addTarget: () => {} };
  const tell = (message: unknown) => void told.push(message);
  return { told, registry, targets: createLiveTargets(capture, scope, registry, tell) };
}

test("pausing a name pauses every target of that name, until it is resumed", () => {
  const { told, targets } = createTargets();
  assert.equal(targets.pause("a", true), "Target a is paused.");
  assert.deepEqual(told, [
    { kind: "pause", target: 0, paused: true },
    { kind: "pause", target: 2, paused: true },
  ]);
  assert.deepEqual([...targets.paused], ["a"]);
  assert.equal(targets.pause("a", false), "Target a is sent to again.");
  assert.deepEqual([...targets.paused], []);
});

test("a name that is not in use is refused with those that are", () => {
  const { told, registry, targets } = createTargets();
  registry.retire(1);
  assert.throws(() => targets.pause("b", true), {
    code: "ST_RUN_UNKNOWN",
    message: "There is no target b.",
    hints: ["The targets are a."],
  });
  assert.deepEqual(told, []);
});

test("the state of a breaker is known by name", () => {
  const { targets } = createTargets();
  targets.noteState(1, "open");
  targets.noteState(9, "open");
  assert.deepEqual([...targets.breakers], [["b", "open"]]);
});

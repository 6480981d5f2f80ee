import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createLiveRules } from "../../src/agent/live-rules.ts";
import { createTargetRegistry } from "../../src/agent/target-registry.ts";
import type { KernelRules } from "../../src/model/kernel-rules.ts";
import type { RuleSet } from "../../src/model/rule.ts";
import { thresholdOf } from "../../src/model/sample.ts";
import { config, RAMP, spec, target } from "./sample-rules.ts";

const accept = async () => {};

/** Rules over a kernel and payload processes that write down what they are given. */
function createLive(first = config(spec("a"))) {
  const steps: string[] = [];
  const told: unknown[] = [];
  let kernel: KernelRules | undefined;
  let payload: RuleSet | undefined;
  const registry = createTargetRegistry();
  const rules = createLiveRules(
    {
      rules: {
        async apply(next: KernelRules) {
          // Whatever the kernel chooses by, the payload processes know already.
          assert.equal(payload?.generation, next.generation);
          steps.push(`kernel ${next.generation}`);
          kernel = next;
        },
        resample(next: KernelRules) {
          assert.equal(kernel?.generation, next.generation);
          kernel = next;
        },
      },
    },
    {
      async useRules(set: RuleSet) {
        steps.push(`payload ${set.generation}`);
        await new Promise(setImmediate);
        payload = set;
      },
      tell: (message: unknown) => void told.push(message),
    },
    registry,
    first,
  );
  return { rules, registry, steps, told, kernel: () => kernel, payload: () => payload };
}

test("payload processes have a set before the kernel, and changes wait for each other", async () => {
  const live = createLive();
  await Promise.all(["a", "b", "c"].map((name) => live.rules.use(config(spec(name)), accept)));
  assert.deepEqual(
    live.steps,
    [1, 2, 3].flatMap((n) => [`payload ${n}`, `kernel ${n}`]),
  );
  assert.equal(live.rules.set.rules[0]?.name, "c");
  assert.equal(live.kernel()?.generation, live.rules.set.generation);
});

test("a set that is refused leaves everything as it was", async () => {
  const live = createLive();
  const before = config(spec("a"));
  await live.rules.use(before, accept);
  const { set } = live.rules;
  const refuse = () => Promise.reject(new Error("no"));
  const next = config(spec("b", { targets: [target("other")] }));
  await assert.rejects(live.rules.use(next, refuse), /^Error: no$/);
  assert.equal(live.rules.set, set);
  assert.equal(live.rules.config, before);
  assert.deepEqual(live.steps, ["payload 1", "kernel 1"]);
  const names = [...live.registry.active().values()].map(({ name }) => name);
  assert.deepEqual(names, ["shadow"], "its target is none of the run's");
  await live.rules.use(next, accept);
  assert.equal(live.rules.set.generation, 2);
});

test("a share is set in the payload processes and in the kernel, within the generation", async () => {
  const live = createLive();
  await live.rules.use(config(spec("a"), spec("b", { ramp: RAMP, share: RAMP.to })), accept);
  assert.equal(live.rules.set.rules[1]?.share, RAMP.from);
  assert.equal(live.rules.rampOf("b")?.state, "rising");
  live.rules.setShare("b", 0.25);
  await nextTurn();
  assert.deepEqual(live.told, [{ kind: "share", rule: "b", share: 0.25 }]);
  assert.deepEqual(
    live.kernel()?.samples.map(({ threshold }) => threshold),
    [thresholdOf(1), thresholdOf(0.25)],
  );
  assert.equal(live.rules.set.rules[1]?.share, 0.25);
  assert.equal(live.rules.rampOf("b"), undefined, "its ramp is over");
  assert.throws(() => live.rules.setShare("c", 1), {
    code: "ST_RUN_UNKNOWN",
    hints: ["The rules are a, b."],
  });
});

test("a share that is set while rules are replaced holds for the new ones", async () => {
  const live = createLive();
  await live.rules.use(config(spec("a")), accept);
  const replaced = live.rules.use(config(spec("a"), spec("b")), accept);
  live.rules.setShare("a", 0.25);
  await replaced;
  await nextTurn();
  assert.equal(live.rules.set.generation, 2);
  assert.equal(live.rules.set.rules[0]?.share, 0.25);
  assert.equal(live.kernel()?.samples[0]?.threshold, thresholdOf(0.25));
});

test("a ramp that a reload leaves alone goes on; one that is gone is forgotten", async () => {
  const live = createLive();
  const rising = spec("a", { ramp: RAMP });
  await live.rules.use(config(rising), accept);
  await live.rules.use(config(rising, spec("b")), accept);
  assert.equal(live.rules.rampOf("a")?.step, 1);
  await live.rules.use(config(spec("b")), accept);
  assert.equal(live.rules.rampOf("a"), undefined);
});

test("targets that no rule names any more can no longer be meant", async () => {
  const live = createLive();
  await live.rules.use(config(spec("a"), spec("b", { targets: [target("old")] })), accept);
  await live.rules.use(config(spec("a")), accept);
  assert.deepEqual([...live.registry.active().keys()], [0]);
});

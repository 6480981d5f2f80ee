import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { createLiveTargets } from "../../src/agent/live-targets.ts";
import { buildRuleSet } from "../../src/agent/rule-set.ts";
import { createTargetRegistry } from "../../src/agent/target-registry.ts";
import { resolveScope } from "../../src/capture/scope.ts";
import type { RuleSet } from "../../src/model/rule.ts";
import type { RunConfig } from "../../src/model/run-config.ts";
import { config, spec, target } from "./sample-rules.ts";

const scope = { cgroupPath: undefined, namespacePath: undefined, description: "everything" };

function createTargets() {
  const told: unknown[] = [];
  const registry = createTargetRegistry();
  const slower = { ...target("a"), pathPrefix: "/v2" };
  for (const one of [target("a"), target("b"), slower]) registry.indexOf(one);
  const capture = { addTarget: () => {} };
  const tell = (message: unknown) => void told.push(message);
  const targets = createLiveTargets(capture, scope, registry, tell, () => {});
  return { told, registry, targets };
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

/** Live targets under rules for one target at this host, with a server behind 127.0.0.1 and ::1. */
async function createGuarded(
  t: TestContext,
  host: string,
  guard: Partial<RunConfig["guard"]>,
  ...chosen: readonly boolean[]
) {
  const server = createServer((socket) => socket.destroy()).listen(0);
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const said: string[] = [];
  const excluded: string[] = [];
  const registry = createTargetRegistry();
  const targets = createLiveTargets(
    { addTarget: (one) => void excluded.push(one) },
    resolveScope({ kind: "own" }),
    registry,
    () => {},
    (line) => said.push(line),
  );
  const to = [{ ...target("shadow", port), host }];
  const rules = chosen.map((choseRedaction, i) => spec(`r${i}`, { targets: to, choseRedaction }));
  const base = config(...rules);
  const next = { ...base, guard: { ...base.guard, ...guard } };
  const set: RuleSet = buildRuleSet(next, 1, registry);
  return { targets, said, excluded, port, registry, check: () => targets.check(set, next) };
}

test("what a name resolves to is judged every time, and what is refused is said once per change", async (t) => {
  const { targets, said, check } = await createGuarded(t, "localhost", {}, false);
  await check();
  assert.deepEqual(targets.admit(0, ["10.0.0.1", "192.168.7.7"]), ["10.0.0.1", "192.168.7.7"]);
  assert.deepEqual(said, []);
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(targets.admit(0, ["8.8.8.8", "10.0.0.1"]), ["10.0.0.1"]);
    assert.equal(said.length, 1);
  }
  assert.deepEqual(targets.admit(0, ["8.8.8.8"]), []);
  assert.deepEqual(targets.admit(0, ["8.8.8.8"]), []);
  assert.deepEqual(targets.admit(0, ["10.0.0.1"]), ["10.0.0.1"]);
  assert.deepEqual(said, [
    "Target shadow has moved to 8.8.8.8, where copies may not go: only its other addresses are used.",
    "Target shadow has moved to 8.8.8.8, where copies may not go: none is sent to it.",
    "Target shadow: all its addresses may be sent to again.",
  ]);
});

test("a check that fails changes nothing", async (t) => {
  const { targets, said, port, registry, check } = await createGuarded(t, "localhost", {}, true);
  await check();
  // Its port would be captured from now on, and nothing redacted.
  const ports = [{ first: port, last: port }];
  const to = { ...target("shadow", port), host: "localhost" };
  const captured = spec("b", { from: { ...spec("b").from, ports }, targets: [to] });
  const next = config(captured);
  await assert.rejects(targets.check(buildRuleSet(next, 2, registry), next), {
    code: "ST_TARGET_IS_LIVE",
  });
  assert.deepEqual(targets.admit(0, ["127.0.0.1", "8.8.8.8"]), ["127.0.0.1", "8.8.8.8"]);
  assert.deepEqual(said, []);
});

test("no address is admitted for a target that no check has passed", async (t) => {
  const { targets } = await createGuarded(t, "localhost", {}, true);
  assert.deepEqual(targets.admit(0, ["127.0.0.1"]), []);
});

test("the check at the start and at a reload refuses what is not allowed", async (t) => {
  const network = { address: `${"0".repeat(20)}ffff0a000000`, bits: 104 };
  const outside = await createGuarded(
    t,
    "127.0.0.1",
    { allowTargets: [{ kind: "network", cidr: network }] },
    true,
  );
  await assert.rejects(outside.check(), { code: "ST_TARGET_REFUSED" });
  assert.deepEqual(outside.excluded, []);
  const named = await createGuarded(
    t,
    "127.0.0.1",
    { allowTargets: [{ kind: "host", name: "127.0.0.1" }] },
    true,
  );
  await named.check();
});

test("a target of several rules is sent to in public only if each says what is redacted", async (t) => {
  const both = await createGuarded(t, "127.0.0.1", {}, true, true);
  await both.check();
  assert.deepEqual(both.targets.admit(0, ["8.8.8.8"]), ["8.8.8.8"]);
  for (const chosen of [
    [true, false],
    [false, true],
  ]) {
    const one = await createGuarded(t, "127.0.0.1", {}, ...chosen);
    await one.check();
    assert.deepEqual(one.targets.admit(0, ["8.8.8.8"]), []);
  }
});

test("the state of a breaker is known by name", () => {
  const { targets } = createTargets();
  targets.noteState(1, "open");
  targets.noteState(9, "open");
  assert.deepEqual([...targets.breakers], [["b", "open"]]);
});

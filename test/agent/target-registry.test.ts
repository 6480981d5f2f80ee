import assert from "node:assert/strict";
import { test } from "node:test";
import { createTargetRegistry } from "../../src/agent/target-registry.ts";
import { fc } from "../fuzz/property.ts";
import { target } from "./sample-rules.ts";

test("equal targets share an index, others have their own", () => {
  const registry = createTargetRegistry();
  assert.equal(registry.indexOf(target("a")), 0);
  assert.equal(registry.indexOf(target("b")), 1);
  assert.equal(registry.indexOf(target("a")), 0);
  const slower = { ...target("a"), options: { ...target("a").options, timeoutMs: 9 } };
  assert.equal(
    registry.indexOf(slower),
    2,
    "the same address with other options is another target",
  );
  assert.deepEqual([...registry.active().keys()], [0, 1, 2]);
});

test("one that was retired keeps its place, and comes back under another index", () => {
  const registry = createTargetRegistry();
  registry.indexOf(target("a"));
  registry.indexOf(target("b"));
  registry.retire(0);
  assert.deepEqual([...registry.active().keys()], [1]);
  assert.equal(registry.targets[0]?.name, "a", "its ledger still has its name");
  assert.equal(registry.indexOf(target("a")), 2);
  registry.retire(77);
  assert.deepEqual([...registry.active().keys()], [1, 2]);
});

test("whatever comes and goes, an index always means the same target", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), name)), (steps) => {
      const registry = createTargetRegistry();
      const first = new Map<number, string>();
      for (const [isUse, of] of steps) {
        const index = registry.indexOf(target(of));
        first.set(index, first.get(index) ?? of);
        assert.equal(registry.active().get(index)?.name, of);
        if (!isUse) registry.retire(index);
        for (const [at, one] of registry.targets.entries()) assert.equal(one.name, first.get(at));
      }
    }),
  );
});

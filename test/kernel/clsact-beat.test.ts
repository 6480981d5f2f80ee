import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPrograms } from "../../src/capture/capture.ts";
import { planHook } from "../../src/capture/hook-plan.ts";
import { attachTcHook } from "../../src/capture/hook-tc.ts";
import { resolveScope } from "../../src/capture/scope.ts";
import { clsactFilters } from "../../src/kernel/link.ts";

/** Loopback's index in every network namespace. */
const LOOPBACK = 1;

function filtersOnLoopback(): number {
  return [...clsactFilters(LOOPBACK, "ingress"), ...clsactFilters(LOOPBACK, "egress")].length;
}

test("clsact filters find a beat when they are all there, however long attaching took", async () => {
  const plan = planHook(
    { hook: "tc", interfaces: ["lo"], ownerRules: [] },
    resolveScope({ kind: "own" }),
  );
  assert.ok(plan.hook === "tc");
  const { object } = await loadPrograms("tc", false);
  const before = filtersOnLoopback();
  const beats: number[] = [];
  // Filters that are there at each beat.
  const beat = () => beats.push(filtersOnLoopback() - before);
  const hook = attachTcHook(
    object,
    { ...plan, attach: "clsact" },
    { start: beat, beat, [Symbol.dispose]() {} },
  );
  try {
    assert.deepEqual(beats, [0, 1, 2]);
  } finally {
    hook[Symbol.dispose]();
    object[Symbol.dispose]();
  }
  assert.equal(filtersOnLoopback(), before);
});

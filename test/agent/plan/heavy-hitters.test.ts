import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createHeavyHitters } from "../../../src/agent/plan/heavy-hitters.ts";
import { fc } from "../../fuzz/property.ts";

function exact(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

describe("heavy hitters", () => {
  test("are exact while there are no more keys than places", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }).map(String)), (keys) => {
        const hitters = createHeavyHitters(10);
        for (const key of keys) hitters.count(key, 3);
        const counts = exact(keys);
        assert.deepEqual(
          new Map(hitters.hitters().map(({ key, count }) => [key, count])),
          new Map([...counts].sort()),
        );
        for (const { count, bytes } of hitters.hitters()) assert.equal(bytes, 3 * count);
      }),
    );
  });

  test("keep every key that is more frequent than a place's share, and never report too much", () => {
    const capacity = 8;
    // A few frequent keys among any number of rare ones.
    const key = fc.oneof(
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 3 }) },
      { weight: 1, arbitrary: fc.integer({ min: 4, max: 1000 }) },
    );
    fc.assert(
      fc.property(fc.array(key.map(String), { maxLength: 500 }), (keys) => {
        const hitters = createHeavyHitters(capacity);
        for (const one of keys) hitters.count(one, 1);
        assert.ok(hitters.size <= capacity);
        const counts = exact(keys);
        const kept = new Map(hitters.hitters().map(({ key, count }) => [key, count]));
        for (const [one, count] of kept) assert.ok(count >= 1 && count <= (counts.get(one) ?? 0));
        for (const [one, count] of counts)
          if (count > keys.length / capacity) assert.ok(kept.has(one), `${one} was lost`);
      }),
    );
  });

  test("come the most frequent first", () => {
    const hitters = createHeavyHitters(3);
    for (const key of ["b", "a", "c", "c"]) hitters.count(key, 1);
    assert.deepEqual(
      hitters.hitters().map(({ key }) => key),
      ["c", "a", "b"],
    );
  });
});

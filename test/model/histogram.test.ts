import assert from "node:assert/strict";
import { test } from "node:test";
import { createHistogram } from "../../src/model/histogram.ts";
import { fc } from "../fuzz/property.ts";

const durationNs = fc.double({ min: 1, max: 1e13, noNaN: true, noDefaultInfinity: true });

function filled(values: readonly number[]) {
  const histogram = createHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

test("an empty histogram has no quantiles", () => {
  assert.equal(createHistogram().quantiles(), undefined);
  assert.equal(createHistogram().quantileNs(0.5), 0);
});

test("every quantile is within 5 % of the exact one", () => {
  fc.assert(
    fc.property(
      fc.array(durationNs, { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, ratio) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(ratio * sorted.length)) - 1]!;
        const measured = filled(values).quantileNs(ratio);
        assert.ok(Math.abs(measured - exact) <= exact * 0.05, `${measured} for ${exact}`);
      },
    ),
  );
});

test("the maximum is exact, and no quantile exceeds it", () => {
  fc.assert(
    fc.property(fc.array(durationNs, { minLength: 1 }), (values) => {
      const histogram = filled(values);
      assert.equal(histogram.maxNs, Math.max(...values));
      assert.ok(histogram.quantileNs(1) <= histogram.maxNs);
    }),
  );
});

test("merging equals recording everything in one, also through JSON", () => {
  fc.assert(
    fc.property(fc.array(durationNs), fc.array(durationNs), (left, right) => {
      const merged = filled(left);
      merged.merge(JSON.parse(JSON.stringify(filled(right).data())));
      const whole = filled([...left, ...right]);
      assert.deepEqual(merged.data(), whole.data());
      assert.equal(merged.count, left.length + right.length);
    }),
  );
});

test("what is out of range lands at an end and is not lost", () => {
  const histogram = filled([-5, 0, Number.NaN, 0.25, 1e300]);
  assert.equal(histogram.count, 5);
  assert.deepEqual(histogram.data().buckets, [0, 4, 703, 1]);
});

test("quantiles are in milliseconds", () => {
  const { p50Ms, p99Ms, maxMs } = filled([2e6, 2e6, 9e6]).quantiles()!;
  assert.ok(Math.abs(p50Ms - 2) < 0.1);
  assert.ok(Math.abs(p99Ms - 9) < 0.45);
  assert.equal(maxMs, 9);
});

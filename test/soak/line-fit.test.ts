import assert from "node:assert/strict";
import { test } from "node:test";
import { fitLine } from "../../scripts/soaking/line-fit.ts";
import { createRandom } from "../fuzz/http1-input.ts";

function near(actual: number, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

test("points on a line give that line, without doubt", () => {
  const fit = fitLine([0, 1, 2, 5].map((x) => [x, 3 + 2 * x]));
  near(fit.slope, 2);
  near(fit.slopeError, 0);
  near(fit.at(10), 23);
});

test("the interval is the one of the textbook", () => {
  // Residuals 0.1, -0.2, 0.1 around y = 2x: s² = 0.06, Sxx = 2, t(1) = 12.706.
  const fit = fitLine([
    [1, 2.1],
    [2, 3.8],
    [3, 6.1],
  ]);
  near(fit.slope, 2);
  near(fit.slopeError, 12.706 * Math.sqrt(0.06 / 2), 1e-3);
  // t(8) = 2.306: ten points that alternate by 1 around zero.
  const ten = Array.from({ length: 10 }, (_, x) => [x, x % 2 === 0 ? 1 : -1] as const);
  const { slope, slopeError } = fitLine(ten);
  const residuals = 10 - slope ** 2 * 82.5;
  near(slopeError, 2.306 * Math.sqrt(residuals / 8 / 82.5), 1e-3);
});

test("19 of 20 intervals hold the true slope", () => {
  const random = createRandom(7);
  let held = 0;
  for (let run = 0; run < 1_000; run++) {
    const points = Array.from({ length: 20 }, (_, x) => {
      const noise = Array.from({ length: 12 }, () => random(1_000) / 1_000).reduce((a, b) => a + b);
      return [x, 0.5 * x + noise] as const;
    });
    const { slope, slopeError } = fitLine(points);
    if (Math.abs(slope - 0.5) <= slopeError) held += 1;
  }
  assert.ok(held > 925 && held < 975, `${held} of 1000`);
});

test("fewer than three points say nothing", () => {
  assert.equal(fitLine([[1, 1]]).slopeError, Number.POSITIVE_INFINITY);
  const two = fitLine([
    [1, 1],
    [2, 3],
  ]);
  near(two.slope, 2);
  assert.equal(two.slopeError, Number.POSITIVE_INFINITY);
});

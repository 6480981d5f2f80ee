import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createRandom32 } from "../../src/select/random.ts";

/** Whether a count of independent draws is within four standard deviations of what is expected. */
function isLikely(count: number, draws: number, share: number): boolean {
  return Math.abs(count - draws * share) <= 4 * Math.sqrt(draws * share * (1 - share));
}

describe("random32", () => {
  test("every bit is set half of the time, and independently of the bit and of the number before", () => {
    const random = createRandom32(7);
    const draws = 200_000;
    const ones = new Array<number>(32).fill(0);
    const changes = new Array<number>(32).fill(0);
    let before = random();
    for (let i = 0; i < draws; i++) {
      const number = random();
      assert.ok(Number.isInteger(number) && number >= 0 && number < 2 ** 32);
      for (let bit = 0; bit < 32; bit++) {
        if ((number >>> bit) & 1) ones[bit]!++;
        if (((number ^ before) >>> bit) & 1) changes[bit]!++;
      }
      before = number;
    }
    for (let bit = 0; bit < 32; bit++) {
      assert.ok(isLikely(ones[bit]!, draws, 0.5), `bit ${bit} is set ${ones[bit]} times`);
      assert.ok(isLikely(changes[bit]!, draws, 0.5), `bit ${bit} changes ${changes[bit]} times`);
    }
  });

  test("is repeatable from its seed, and seeds next to each other have nothing in common", () => {
    const take = (seed: number) => Array.from({ length: 1000 }, createRandom32(seed));
    assert.deepEqual(take(1), take(1));
    const [one, two] = [new Set(take(1)), take(2)];
    assert.ok(two.filter((number) => one.has(number)).length < 5);
    assert.ok(new Set(take(0)).size > 990, "a seed of zero is as good as any");
  });
});

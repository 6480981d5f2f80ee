import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createTokenBucket, type TokenBucket } from "../../src/model/token-bucket.ts";
import { fc } from "../fuzz/property.ts";

/** How many single tokens may be taken at `nowNs`. */
function takeAll(bucket: TokenBucket, nowNs: number): number {
  let count = 0;
  for (; bucket.has(1, nowNs); count++) bucket.take(1);
  return count;
}

describe("a token bucket", () => {
  test("has one second's tokens at the start and never more", () => {
    const bucket = createTokenBucket(5, 1e9);
    assert.equal(takeAll(bucket, 1e9), 5);
    assert.equal(takeAll(bucket, 1.4e9), 2);
    assert.equal(takeAll(bucket, 60e9), 5);
  });

  test("of a rate below one has a whole token", () => {
    const bucket = createTokenBucket(0.25, 0);
    assert.equal(takeAll(bucket, 0), 1);
    assert.equal(takeAll(bucket, 3.9e9), 0);
    assert.equal(takeAll(bucket, 4e9), 1);
  });

  test("gains nothing from time that goes back, nor loses any", () => {
    const bucket = createTokenBucket(10, 5e9);
    assert.equal(takeAll(bucket, 5e9), 10);
    assert.equal(takeAll(bucket, 1e9), 0);
    assert.equal(takeAll(bucket, 5e9), 0);
    assert.equal(takeAll(bucket, 5.1e9), 1);
    assert.ok(bucket.has(5, 6e9));
    assert.ok(bucket.has(5, 2e9));
  });

  test("has more than it holds only when it is full", () => {
    const bucket = createTokenBucket(100, 0);
    assert.ok(bucket.has(1000, 0));
    assert.ok(bucket.has(1000, 0), "asking takes nothing");
    bucket.take(1);
    assert.ok(!bucket.has(1000, 0));
    assert.ok(bucket.has(99, 0));
    assert.ok(!bucket.has(100, 0));
    assert.ok(bucket.has(1000, 0.01e9));
  });

  test("pays a debt first", () => {
    const bucket = createTokenBucket(100, 0);
    bucket.take(350);
    assert.ok(!bucket.has(1, 2.5e9));
    assert.ok(bucket.has(1, 2.51e9));
    assert.ok(!bucket.has(1000, 3.49e9));
    assert.ok(bucket.has(1000, 3.5e9));
  });

  test("goes on at another rate with what it has", () => {
    const bucket = createTokenBucket(10, 0);
    bucket.take(8);
    bucket.setRate(100, 0.1e9);
    assert.equal(takeAll(bucket, 0.1e9), 3);
    assert.equal(takeAll(bucket, 0.2e9), 10);
    assert.equal(takeAll(bucket, 60e9), 100);
    bucket.setRate(2, 120e9);
    assert.equal(takeAll(bucket, 120e9), 2);
    assert.equal(takeAll(bucket, 120.5e9), 1);
  });

  test("admits the rate, whatever the pace of those who ask", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0.5, 1, 7, 1000),
        fc.array(fc.nat(400), { minLength: 1, maxLength: 200 }),
        (rate, pausesMs) => {
          const bucket = createTokenBucket(rate, 0);
          let nowMs = 0;
          let taken = 0;
          for (const pauseMs of pausesMs) {
            nowMs += pauseMs;
            if (!bucket.has(1, nowMs * 1e6)) continue;
            bucket.take(1);
            taken++;
          }
          assert.ok(taken <= Math.max(rate, 1) + (rate * nowMs) / 1000 + 1e-6);
        },
      ),
    );
  });
});

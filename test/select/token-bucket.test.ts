import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createTokenBucket, type TokenBucket } from "../../src/select/token-bucket.ts";

const SECOND = 1e9;

/** How many of `amount` pass at this time. */
function drain(bucket: TokenBucket, amount: number, nowNs: number): number {
  let passed = 0;
  while (passed < 1e6 && bucket.has(amount, nowNs)) {
    bucket.take(amount);
    passed++;
  }
  return passed;
}

describe("token bucket", () => {
  test("holds a second's tokens, and gets them back with time", () => {
    const bucket = createTokenBucket(10, 0);
    assert.equal(drain(bucket, 1, 0), 10);
    assert.equal(drain(bucket, 1, 0.35 * SECOND), 3);
    assert.equal(drain(bucket, 1, 0.4 * SECOND), 1);
    assert.equal(drain(bucket, 1, 100 * SECOND), 10);
  });

  test("a rate below one a second still lets one pass at a time", () => {
    const bucket = createTokenBucket(0.1, 0);
    assert.equal(drain(bucket, 1, 0), 1);
    assert.equal(drain(bucket, 1, 9.9 * SECOND), 0);
    assert.equal(drain(bucket, 1, 10.1 * SECOND), 1);
    assert.equal(drain(bucket, 1, 1000 * SECOND), 1);
  });

  test("more than it holds passes when it is full, and is paid for", () => {
    const bucket = createTokenBucket(100, 0);
    assert.equal(drain(bucket, 350, 0), 1);
    assert.equal(drain(bucket, 1, 2.4 * SECOND), 0);
    assert.equal(drain(bucket, 10, 2.61 * SECOND), 1);
    assert.equal(drain(bucket, 350, 3.4 * SECOND), 0, "not full yet");
    assert.equal(drain(bucket, 350, 3.7 * SECOND), 1);
  });

  test("asking takes nothing, and time that goes back adds nothing", () => {
    const bucket = createTokenBucket(2, 5 * SECOND);
    for (let i = 0; i < 10; i++) assert.ok(bucket.has(2, 5 * SECOND));
    assert.ok(bucket.has(2, 4 * SECOND), "and takes nothing either");
    assert.equal(drain(bucket, 1, 5 * SECOND), 2);
    assert.equal(drain(bucket, 1, 4 * SECOND), 0);
    assert.equal(drain(bucket, 1, 5 * SECOND), 0);
  });

  test("a new rate keeps what is there, up to what it holds", () => {
    const bucket = createTokenBucket(100, 0);
    bucket.setRate(10, 0);
    assert.equal(drain(bucket, 1, 0), 10);
    bucket.setRate(100, 0);
    assert.equal(drain(bucket, 1, 0), 0, "a larger one does not fill it");
    assert.equal(drain(bucket, 1, SECOND / 2), 50);
    bucket.setRate(1, SECOND);
    assert.equal(drain(bucket, 1, SECOND), 1, "what was earned at the old rate, as far as it fits");
  });
});

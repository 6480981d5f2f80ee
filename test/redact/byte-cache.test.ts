import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteCache } from "../../src/redact/byte-cache.ts";

function put(cache: ByteCache<number>, text: string, value: number): void {
  const bytes = Buffer.from(text);
  cache.set(bytes, 0, bytes.length, value);
  // What is remembered is a copy.
  bytes.fill(0);
}

function get(cache: ByteCache<number>, text: string): number | undefined {
  const bytes = Buffer.from(`--${text}--`);
  return cache.get(bytes, 2, bytes.length - 2);
}

test("remembers what came lately, and forgets what did not come for long", () => {
  const cache = new ByteCache<number>();
  for (let i = 0; i < 20_000; i++) {
    put(cache, `value ${i}`, i);
    // This one is asked for now and then.
    if (i % 1000 === 0) assert.equal(get(cache, "value 0"), 0);
  }
  assert.equal(get(cache, "value 19999"), 19_999);
  assert.equal(get(cache, "value 1"), undefined);
  assert.equal(get(cache, "value 0"), 0);
  assert.equal(get(cache, "value 0 "), undefined);
});

test("large values are bounded by their bytes", () => {
  const cache = new ByteCache<number>();
  const large = (i: number) => `${i} ${"x".repeat(4000)}`;
  for (let i = 0; i < 1000; i++) put(cache, large(i), i);
  const kept = Array.from({ length: 1000 }, (_value, i) => get(cache, large(i)));
  assert.ok(kept.filter((value) => value !== undefined).length < 600);
  put(cache, "y".repeat(5000), 1);
  assert.equal(get(cache, "y".repeat(5000)), undefined);
});

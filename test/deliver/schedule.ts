/** What may happen to a deliverer, as fast-check draws it, and the dice of its network. */

import type { Budget } from "../../src/model/rule.ts";
import { fc } from "../fuzz/property.ts";

export const LIVES = 6;
/** More targets than this are not open at one time. */
export const MOST_TARGETS = 3;

const live = fc.nat(LIVES - 1);
/** Bit by bit, the targets that are offered to; modulo four. */
const mask = fc.constantFrom(15, 15, 15, 1, 2, 5, 10, 0);
const target = fc.nat(20);

export const budget: fc.Arbitrary<Budget> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constant({
      requestsPerSecond: undefined,
      bytesPerSecond: undefined,
      inFlight: undefined,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      requestsPerSecond: fc.constantFrom(undefined, 0.5, 4, 30),
      bytesPerSecond: fc.constantFrom(undefined, 5000, 100_000),
      inFlight: fc.constantFrom(undefined, 1, 3),
    }),
  },
);

export const command = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("get" as const), live, mask }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("post" as const),
      live,
      mask,
      bytes: fc.oneof(fc.nat(100), fc.nat(90_000)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("stream" as const), live, mask }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("data" as const),
      stream: fc.nat(20),
      bytes: fc.integer({ min: 1, max: 9000 }),
      last: fc.constantFrom("more", "more", "end", "cut"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("release" as const), live }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("pump" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("later" as const), ms: fc.nat(1500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("add" as const), budget }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("retire" as const), target }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("pause" as const), target, paused: fc.boolean() }),
  },
);

export const limits = fc.record({
  pipeline: fc.constantFrom(1, 1, 2, 8),
  maxConnections: fc.integer({ min: 1, max: 4 }),
  maxQueuedRequests: fc.integer({ min: 1, max: 20 }),
  maxQueuedBytes: fc.constantFrom(1000, 200_000),
  maxStreamBytes: fc.constantFrom(5000, 1 << 20),
});

/** mulberry32: the fake network's dice. */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

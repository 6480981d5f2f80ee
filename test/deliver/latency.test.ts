import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { GET, usedConnection } from "./harness.ts";

test("an answer that waited to be read is dated back to when it came", async (t) => {
  const { harness, live } = await usedConnection(t);
  const waited = harness.offer(GET, live);
  harness.deliverer.pump();
  // Time is what is measured: the answer is there at once, and nobody looks.
  await delay(300);
  await harness.settle();
  const outcome = waited.outcomes.get(0);
  assert.ok(outcome?.kind === "delivered");
  assert.ok(outcome.latencyNs < 150e6, `${outcome.latencyNs / 1e6} ms`);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createDrainLoop } from "../../src/agent/drain-loop.ts";
import type { SegmentReader } from "../../src/capture/segment-reader.ts";
import type { Deliverer } from "../../src/model/delivery.ts";

const RING_BYTES = 65536;

/** A ring that holds what the test puts in, and notes what is asked of it. */
function fakeRing() {
  const state = { waiting: 0, armed: false, arms: 0, admitBytes: 0 };
  const reader: SegmentReader = {
    fd: 9,
    drain(most) {
      const segments = Math.min(most, state.waiting);
      state.waiting -= segments;
      return segments;
    },
    arm(bytes) {
      if (state.waiting >= bytes) return false;
      state.arms++;
      state.armed = true;
      return true;
    },
    disarm() {
      state.armed = false;
    },
    admit(bytes) {
      state.admitBytes = bytes;
    },
    usedBytes: () => state.waiting,
  };
  return { state, reader };
}

async function never(): Promise<void> {
  assert.fail("nothing asks for a sparse tick");
}

function fakeDeliver(): { deliver: Deliverer; pumps: () => number } {
  let pumps = 0;
  const deliver = {
    pending: 0,
    blocked: 0,
    pump() {
      pumps++;
    },
  } as Partial<Deliverer> as Deliverer;
  return { deliver, pumps: () => pumps };
}

test("an idle loop arms the ring, waits, and handles what woke it", async () => {
  const { state, reader } = fakeRing();
  const { deliver } = fakeDeliver();
  const seen: number[] = [];
  let watched = 0;
  const loop = createDrainLoop(
    reader,
    RING_BYTES,
    { deliver },
    {
      endWait() {},
      watchForeign: (fd) => {
        watched = fd;
      },
      waitForeign: never,
      async wait() {
        assert.equal(state.armed, true, "it never sleeps unarmed");
        if (state.arms === 3) loop.stop();
        state.waiting = 2;
      },
    },
    (segments) => seen.push(segments),
  );
  await loop.run();
  assert.equal(watched, 9);
  assert.equal(state.armed, false);
  assert.deepEqual(seen, [0, 2, 2, 2, 0], "the last records are handled after the stop");
});

test("records that came while arming are handled without a wait", async () => {
  const { state, reader } = fakeRing();
  const { deliver } = fakeDeliver();
  let waits = 0;
  const arm = reader.arm;
  reader.arm = (bytes) => {
    if (waits === 0 && state.arms === 0) state.waiting = 1;
    return arm(bytes);
  };
  const loop = createDrainLoop(
    reader,
    RING_BYTES,
    { deliver },
    {
      watchForeign() {},
      waitForeign: never,
      endWait() {},
      async wait() {
        waits++;
        loop.stop();
      },
    },
    (segments) => {
      if (segments === 1) state.arms++;
    },
  );
  await loop.run();
  assert.equal(waits, 1);
});

test("a sparse tick is slept through until an eighth of the ring is full", async () => {
  const { state, reader } = fakeRing();
  const { deliver } = fakeDeliver();
  const armedAt: number[] = [];
  const { arm } = reader;
  reader.arm = (bytes) => {
    armedAt.push(bytes);
    return arm(bytes);
  };
  const sparse: number[] = [];
  const loop = createDrainLoop(
    reader,
    RING_BYTES,
    { deliver },
    {
      watchForeign() {},
      endWait() {},
      async wait() {},
      async waitForeign(timeoutMs) {
        assert.equal(state.armed, true);
        sparse.push(timeoutMs);
        if (sparse.length === 3) loop.stop();
      },
    },
    () => {
      state.waiting = 1;
    },
  );
  const stopped = loop.run();
  // The last records are handled until none are left.
  while (sparse.length < 3) await new Promise((resolve) => setImmediate(resolve));
  reader.drain = () => 0;
  await stopped;
  assert.deepEqual(new Set(armedAt), new Set([1, RING_BYTES / 8]));
  assert.ok(sparse.every((ms) => ms > 8));
  assert.equal(state.armed, false);
});

test("a wait for answers behind a sparse tick ends when an eighth of the ring is full, too", async () => {
  const { state, reader } = fakeRing();
  const { deliver } = fakeDeliver();
  let blocked = 0;
  let sparse = 0;
  let over = false;
  const loop = createDrainLoop(
    reader,
    RING_BYTES,
    {
      deliver: {
        ...deliver,
        get blocked() {
          return blocked;
        },
      },
    },
    {
      watchForeign() {},
      endWait() {},
      async wait(timeoutMs) {
        assert.equal(state.armed, true);
        if (blocked === 0) return;
        assert.ok(timeoutMs > 8, "as long as the tick");
        over = true;
        loop.stop();
      },
      async waitForeign() {
        if (++sparse === 3) blocked = 1;
      },
    },
    () => {
      state.waiting = over ? 0 : 1;
    },
  );
  await loop.run();
  assert.equal(sparse, 3);
  assert.equal(state.armed, false);
});

test("everything in the ring is handled at the end, in turns", async () => {
  const { state, reader } = fakeRing();
  const { deliver, pumps } = fakeDeliver();
  state.waiting = 10_000;
  const loop = createDrainLoop(
    reader,
    RING_BYTES,
    { deliver },
    { watchForeign() {}, waitForeign: never, endWait() {}, async wait() {} },
    () => {},
  );
  loop.stop();
  await loop.run();
  assert.equal(state.waiting, 0);
  assert.equal(pumps(), 4);
});

test("while yielding it lets the kernel refuse, and neither arms nor spins", async () => {
  const { state, reader } = fakeRing();
  const { deliver } = fakeDeliver();
  let ticks = 0;
  const startedMs = performance.now();
  const loop = createDrainLoop(
    reader,
    RING_BYTES,
    { deliver },
    { watchForeign() {}, waitForeign: never, endWait() {}, async wait() {} },
    () => {
      ticks++;
      if (ticks > 5) loop.stop();
      else state.waiting = 4096;
    },
  );
  loop.yield(true);
  assert.ok(state.admitBytes > 0);
  await loop.run();
  assert.equal(state.arms, 0);
  assert.ok(performance.now() - startedMs >= 5 * 8, "asleep after every tick");
  loop.yield(false);
  assert.equal(state.admitBytes, 0);
});

test("while yielding, how long it was kept waiting beyond its sleep is told", async () => {
  const { reader } = fakeRing();
  const { deliver } = fakeDeliver();
  let ticks = 0;
  const loop = createDrainLoop(
    reader,
    RING_BYTES,
    { deliver },
    { watchForeign() {}, waitForeign: never, endWait() {}, async wait() {} },
    () => {
      if (++ticks === 3) loop.stop();
      if (ticks > 1) return;
      setImmediate(() => {
        const untilMs = performance.now() + 80;
        while (performance.now() < untilMs);
      });
    },
  );
  loop.yield(true);
  await loop.run();
  const { loopLagMs } = loop.takePressure();
  assert.ok(loopLagMs >= 60, `${loopLagMs} ms`);
  assert.equal(loop.takePressure().loopLagMs, 0, "told once");
});

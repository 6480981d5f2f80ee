import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { collectGarbageRegularly } from "../../src/agent/collect-garbage.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;

test("garbage is collected within a minute once there is enough, and not again before more", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const spy = t.mock.fn(collect);
  collect();
  const collecting = collectGarbageRegularly(spy);
  const minute = () => {
    t.mock.timers.tick(MINUTE_MS);
    return spy.mock.callCount();
  };
  assert.equal(minute(), 0, "there is none");
  let kept: unknown = Buffer.alloc(8 * MIB, 1);
  assert.equal(minute(), 1);
  assert.equal(minute(), 1, "what is in use is no garbage");
  kept = [kept, Buffer.alloc(8 * MIB, 1)];
  assert.equal(minute(), 2);
  assert.ok(kept);
  collecting[Symbol.dispose]();
  kept = [kept, Buffer.alloc(8 * MIB, 1)];
  assert.equal(minute(), 2, "after its end it looks no more");
});

test("where Node does not let it, nothing is done", (t) => {
  const setInterval = t.mock.method(globalThis, "setInterval");
  collectGarbageRegularly(undefined)[Symbol.dispose]();
  assert.equal(setInterval.mock.callCount(), 0);
});

import assert from "node:assert/strict";
import test from "node:test";
import { createRecent } from "../../../src/redact/act/recent.ts";

test("what was asked for lately is remembered, what was not is forgotten", () => {
  const recent = createRecent(4, 1_000_000);
  recent.set("kept", "1");
  recent.set("left", "2");
  for (let i = 0; i < 100; i++) {
    recent.set(`other ${i}`, "x");
    assert.equal(recent.get("kept"), "1");
  }
  assert.equal(recent.get("left"), undefined);
});

test("it is bounded by characters too", () => {
  const recent = createRecent(1_000_000, 1000);
  recent.set("first", "1");
  for (let i = 0; i < 30; i++) recent.set(`${i}`.padStart(100, "0"), "x");
  assert.equal(recent.get("first"), undefined);
});

test("values of any characters are told apart, and very long ones are not kept", () => {
  const recent = createRecent(10, 1_000_000);
  recent.set("\xe9", "a");
  recent.set("\u20e9", "b");
  assert.equal(recent.get("\xe9"), "a");
  assert.equal(recent.get("\u20e9"), "b");
  recent.set("x".repeat(5000), "c");
  assert.equal(recent.get("x".repeat(5000)), undefined);
});

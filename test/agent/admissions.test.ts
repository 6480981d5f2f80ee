import assert from "node:assert/strict";
import { test } from "node:test";
import { createAdmissions } from "../../src/agent/admissions.ts";
import type { PayloadMessage } from "../../src/agent/messages.ts";

test("each question gets its own answer, in whatever order they come, and one only", async () => {
  const told: PayloadMessage[] = [];
  const admissions = createAdmissions((message) => told.push(message));
  const first = admissions.ask(0, ["10.0.0.1", "8.8.8.8"]);
  const second = admissions.ask(3, ["10.0.0.2"]);
  assert.deepEqual(told, [
    { kind: "resolved", id: 1, targetIndex: 0, addresses: ["10.0.0.1", "8.8.8.8"] },
    { kind: "resolved", id: 2, targetIndex: 3, addresses: ["10.0.0.2"] },
  ]);
  admissions.answer({ kind: "admitted", id: 2, addresses: [] });
  admissions.answer({ kind: "admitted", id: 1, addresses: ["10.0.0.1"] });
  admissions.answer({ kind: "admitted", id: 1, addresses: ["8.8.8.8"] });
  assert.deepEqual([await first, await second], [["10.0.0.1"], []]);
  const third = admissions.ask(0, ["10.0.0.3"]);
  admissions.answer({ kind: "admitted", id: 3, addresses: ["10.0.0.3"] });
  assert.deepEqual(await third, ["10.0.0.3"], "no number is used again");
});

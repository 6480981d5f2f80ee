/** Whatever goes wrong, with shadowtap or around it: the live service and its clients notice nothing, and nothing is left behind. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { Fault } from "./fault.ts";
import { NAME_FAULTS } from "./name-faults.ts";
import { NETWORK_FAULTS } from "./network-faults.ts";
import { OUTPUT_FAULTS } from "./output-faults.ts";
import { PROCESS_FAULTS } from "./process-faults.ts";
import { RULE_FAULTS } from "./rule-faults.ts";
import { runFault } from "./run-fault.ts";
import { SHADOW_FAULTS } from "./shadow-faults.ts";
import { document, type Row } from "./table.ts";

const BUILD = join(import.meta.dirname, "../../build");

const GROUPS: Readonly<Record<string, readonly Fault[]>> = {
  "The shadow": SHADOW_FAULTS,
  "The name of the shadow": NAME_FAULTS,
  "shadowtap itself": PROCESS_FAULTS,
  Rules: RULE_FAULTS,
  "What it writes": OUTPUT_FAULTS,
  "The kernel and the network": NETWORK_FAULTS,
};

/** Each in a lab of its own; most of the time they wait. */
const AT_ONCE = 4;
const TIMEOUT_MS = 90_000;

const outcomes = new Map<Fault, Row["outcome"]>();

describe("faults", { concurrency: AT_ONCE }, () => {
  for (const fault of Object.values(GROUPS).flat())
    it(fault.name, { timeout: TIMEOUT_MS }, async (test) => {
      const reason = fault.unless?.();
      if (reason !== undefined) {
        outcomes.set(fault, `not tried: ${reason}`);
        test.skip(reason);
        return;
      }
      const verdict = await runFault(fault);
      outcomes.set(fault, verdict);
      assert.deepEqual(verdict.problems, []);
    });
});

after(() => {
  const rows = Object.entries(GROUPS).flatMap(([group, faults]) =>
    faults.map((fault) => ({ group, name: fault.name, outcome: outcomes.get(fault) ?? "failed" })),
  );
  const text = document(rows);
  mkdirSync(BUILD, { recursive: true });
  writeFileSync(join(BUILD, "faults.md"), text);
  console.log(text);
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PASSED_REASONS, REFUSED_REASONS } from "../../src/model/packet-ledger.ts";

test("docs/output.md lists the reasons for which packets are passed over or refused", () => {
  const page = readFileSync(new URL("../../docs/output.md", import.meta.url), "utf8");
  const listed = (word: string) =>
    [...page.matchAll(new RegExp(`^\\| \`(\\w+)\` +\\| ${word}:`, "gm"))].map(([, name]) => name);
  assert.deepEqual(listed("Passed over"), [...PASSED_REASONS]);
  assert.deepEqual(listed("Refused"), [...REFUSED_REASONS]);
});

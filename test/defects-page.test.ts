import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "..");
const NAMED = /`(test\/[^`]+)`(?:: (.+?) +\|)?/g;

test("docs/defects.md names tests that there are", () => {
  const page = readFileSync(join(ROOT, "docs/defects.md"), "utf8");
  const named = [...page.matchAll(NAMED)];
  assert.ok(named.length > 20);
  for (const [, file = "", title = ""] of named) {
    const source = readFileSync(join(ROOT, file), "utf8");
    assert.ok(source.includes(title), `${file} has no test "${title}"`);
  }
});

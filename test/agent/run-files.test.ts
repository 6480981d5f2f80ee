import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { requireWritable, writeOutput } from "../../src/agent/run-files.ts";
import { ShadowtapError } from "../../src/model/errors.ts";

const directory = mkdtempSync(join(tmpdir(), "shadowtap-files-"));
after(() => rmSync(directory, { recursive: true }));

const failsWith = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof ShadowtapError && error.code === code && message.test(error.message);

test("what cannot be written at the end is refused at the start", () => {
  requireWritable("--summary-file", undefined);
  requireWritable("--summary-file", join(directory, "new.json"));
  assert.throws(
    () => requireWritable("--summary-file", join(directory, "none", "x.json")),
    failsWith("ST_FILE_UNWRITABLE", /^--summary-file .*x\.json cannot be written \(ENOENT\)\.$/),
  );
  assert.throws(
    () => requireWritable("--pid-file", directory),
    failsWith("ST_FILE_UNWRITABLE", /EISDIR/),
  );
});

test("a file is written whole, and nothing else is left", () => {
  writeOutput("--ready-file", join(directory, "ready"), "1\n");
  assert.equal(readFileSync(join(directory, "ready"), "utf8"), "1\n");
  assert.deepEqual(readdirSync(directory), ["ready"]);
  assert.throws(
    () => writeOutput("--ready-file", join(directory, "none", "ready"), ""),
    failsWith("ST_FILE_UNWRITABLE", /ENOENT/),
  );
});

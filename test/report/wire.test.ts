import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const repository = join(import.meta.dirname, "../..");

test("the committed protobuf module is what the schema generates", () => {
  const directory = mkdtempSync(join(tmpdir(), "shadowtap-wire-"));
  try {
    // The Node that runs this test also runs the generators, which are scripts of `#!/usr/bin/env node`.
    const path = `${join(process.execPath, "..")}:${process.env["PATH"]}`;
    execFileSync(join(repository, "scripts/gen-wire.sh"), [directory], {
      env: { ...process.env, PATH: path },
    });
    for (const file of ["wire.gen.js", "wire.gen.d.ts"])
      assert.equal(
        readFileSync(join(repository, "src/report", file), "utf8"),
        readFileSync(join(directory, file), "utf8"),
        `${file} is stale: run scripts/gen-wire.sh`,
      );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

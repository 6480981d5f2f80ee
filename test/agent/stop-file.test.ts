import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { requireNoStopFile, watchStopFile } from "../../src/agent/stop-file.ts";

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "shadowtap-stop-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function found(t: TestContext, path: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const watch = watchStopFile(path, () => resolve(performance.now()));
  t.after(() => watch[Symbol.dispose]());
  return promise;
}

test("a file that is there, whatever it is, or that could not be seen, is refused at the start", (t) => {
  const dir = directory(t);
  const path = join(dir, "stop");
  requireNoStopFile(undefined);
  requireNoStopFile(path);
  assert.throws(() => requireNoStopFile(join(dir, "no", "stop")), {
    code: "ST_USAGE",
    message: /could not be seen .*ENOENT/,
  });
  symlinkSync("/nowhere/at/all", path);
  assert.throws(() => requireNoStopFile(path), { code: "ST_USAGE", message: /is there/ });
  writeFileSync(join(dir, "file"), "");
  assert.throws(() => requireNoStopFile(join(dir, "file", "stop")), { message: /ENOTDIR/ });
});

for (const [how, make] of [
  ["a file", (path: string) => writeFileSync(path, "")],
  ["a directory", (path: string) => mkdirSync(path)],
  ["a dangling link", (path: string) => symlinkSync("/nowhere/at/all", path)],
] as const)
  test(`${how} that appears is seen within a second`, async (t) => {
    const path = join(directory(t), "stop");
    const seen = found(t, path);
    const madeMs = performance.now();
    make(path);
    assert.ok((await seen) - madeMs < 1000);
  });

test("a file in a directory that did not exist is seen without being told", async (t) => {
  const dir = join(directory(t), "later");
  const seen = found(t, join(dir, "stop"));
  mkdirSync(dir);
  const madeMs = performance.now();
  writeFileSync(join(dir, "stop"), "");
  assert.ok((await seen) - madeMs < 1000);
});

test("a file that is there already is seen at once, and told once", (t) => {
  const path = join(directory(t), "stop");
  writeFileSync(path, "");
  let count = 0;
  // Only what watches goes on: it is told before it can be disposed of.
  const watch = watchStopFile(path, () => count++);
  watch[Symbol.dispose]();
  assert.equal(count, 1);
});

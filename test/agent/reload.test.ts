import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { NO_OVERRIDES } from "../../src/agent/config/defaults.ts";
import { loadConfigFile } from "../../src/agent/config/load.ts";
import { createReloads, type ReloadParts } from "../../src/agent/reload.ts";
import type { RunConfig } from "../../src/model/run-config.ts";

const GOOD = `apiVersion: shadowtap.dev/v1alpha1
kind: MirrorConfig
mirrors:
  - name: first
    from: { ports: [80] }
    to: { url: http://10.0.0.9 }
`;
const OTHER = GOOD.replace("first", "second");
const BAD = GOOD.replace("[80]", "[http]");

/** A run of a rules file; `said` resolves with the next line. */
function createRun(t: TestContext, changes: Partial<ReloadParts> = {}) {
  const directory = mkdtempSync(join(tmpdir(), "shadowtap-reload-"));
  const file = join(directory, "rules.yaml");
  writeFileSync(file, GOOD);
  const used: RunConfig[] = [];
  const lines: string[] = [];
  let heard = Promise.withResolvers<string>();
  const reloads = createReloads({
    read: () => loadConfigFile(file, NO_OVERRIDES),
    file,
    watched: false,
    use: async (config) => void used.push(config),
    say(line) {
      lines.push(line);
      heard.resolve(line);
      heard = Promise.withResolvers<string>();
    },
    ...changes,
  });
  // A file is watched without keeping the process alive.
  const alive = setInterval(() => {}, 1000);
  t.after(() => {
    clearInterval(alive);
    reloads[Symbol.dispose]();
    rmSync(directory, { recursive: true });
  });
  return { file, reloads, used, lines, nextLine: () => heard.promise };
}

test("what the file says now is put in force, and said", async (t) => {
  const { file, reloads, used, lines } = createRun(t);
  writeFileSync(file, OTHER);
  assert.equal(await reloads.reload(), `Reloaded ${file}.`);
  assert.deepEqual(lines, [`Reloaded ${file}.`]);
  assert.equal(used[0]?.rules[0]?.name, "second");
  assert.deepEqual([reloads.done, reloads.refused, reloads.last?.ok], [1, 0, true]);
});

test("a mistake changes nothing, and is said with file, line and column", async (t) => {
  const { file, reloads, used, lines } = createRun(t);
  writeFileSync(file, BAD);
  await assert.rejects(reloads.reload(), { code: "ST_CONFIG_INVALID" });
  assert.deepEqual(used, []);
  assert.equal(lines.length, 1);
  assert.ok(lines[0]?.startsWith(`${file} is refused, the rules before stay in force: `));
  assert.ok(lines[0]?.includes(`${file}:5:21: `), lines[0]);
  assert.deepEqual([reloads.done, reloads.refused, reloads.last?.ok], [0, 1, false]);
  writeFileSync(file, OTHER);
  await reloads.reload();
  assert.deepEqual([reloads.done, reloads.refused, reloads.last?.ok], [1, 1, true]);
});

test("rules that cannot be put in force are a reload that is refused", async (t) => {
  const use = () => Promise.reject(new Error("The target is the live service."));
  const { reloads } = createRun(t, { use });
  await assert.rejects(reloads.reload(), /live service/);
  assert.equal(reloads.last?.message, "The target is the live service.");
  assert.equal(reloads.refused, 1);
});

test("a run of flags has nothing to read again", async (t) => {
  const { reloads, lines } = createRun(t, { read: undefined, file: undefined });
  await assert.rejects(reloads.reload(), { code: "ST_USAGE" });
  assert.deepEqual(lines, []);
  assert.equal(reloads.refused, 0);
});

test("a file that is replaced is taken over by itself; one that was only touched is not", async (t) => {
  const { file, reloads, used, nextLine } = createRun(t, { watched: true });
  const heard = nextLine();
  writeFileSync(file, GOOD);
  writeFileSync(`${file}.new`, OTHER);
  renameSync(`${file}.new`, file);
  assert.equal(await heard, `Reloaded ${file}.`);
  const refused = nextLine();
  writeFileSync(file, BAD);
  assert.match(await refused, / is refused, the rules before stay in force/);
  assert.deepEqual([used.length, reloads.done, reloads.refused], [1, 1, 1]);
});

test("SIGHUP reloads until the run is over", async (t) => {
  const { file, reloads, nextLine } = createRun(t);
  const heard = nextLine();
  process.emit("SIGHUP");
  assert.equal(await heard, `Reloaded ${file}.`);
  reloads[Symbol.dispose]();
  assert.equal(process.listenerCount("SIGHUP"), 0);
});

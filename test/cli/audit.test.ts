import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { chainOf, entryOf, hashOf, timeOf } from "../agent/audit/sample-trail.ts";
import { type BuiltShell, buildShell, type Ran } from "./built-shell.ts";

/** `shadowtap audit`, compared with files in golden/. They are written anew with SHADOWTAP_UPDATE_GOLDEN=1. */

const GOLDEN = join(import.meta.dirname, "golden");
const UPDATE = process.env["SHADOWTAP_UPDATE_GOLDEN"] === "1";

const RUN = "3f2a6c1e-0000-4000-8000-000000000001";
const LATER = "9b1d7c44-0000-4000-8000-000000000002";
const lines = chainOf([
  entryOf(RUN, 0),
  entryOf(RUN, 1),
  entryOf(RUN, 2, true),
  { ...entryOf(LATER, 0), time: timeOf(60) },
  {
    time: timeOf(61),
    run: LATER,
    event: "gap",
    since: timeOf(60),
    code: "ENOSPC",
    late: 0,
    dropped: 0,
  },
]);
const last = hashOf(lines.at(-1));

const cases: Readonly<Record<string, readonly string[]>> = {
  "help-audit": ["audit", "--help"],
  "help-audit-verify": ["audit", "verify", "--help"],
  "audit-command-unknown": ["audit", "verfy"],
  "audit-verify-without-file": ["audit", "verify"],
  "audit-verify-file-missing": ["audit", "verify", "nowhere.jsonl"],
  "audit-verify-flag-unknown": ["audit", "verify", "good.jsonl", "--lst", "a"],
  "audit-verify-last-invalid": ["audit", "verify", "good.jsonl", "--last", "abc"],
  "audit-verify-output-invalid": ["audit", "verify", "good.jsonl", "-o", "yaml"],
  "audit-verify-good": ["audit", "verify", "good.jsonl", "--last", last],
  "audit-verify-good-json": ["audit", "verify", "good.jsonl", "-o", "json"],
  "audit-verify-several": ["audit", "verify", "old.jsonl", "new.jsonl"],
  "audit-verify-changed": ["audit", "verify", "changed.jsonl"],
  "audit-verify-changed-json": ["audit", "verify", "changed.jsonl", "-o", "json"],
  "audit-verify-shortened": ["audit", "verify", "old.jsonl", "--last", last],
  "audit-verify-empty": ["audit", "verify", "empty.jsonl"],
  "audit-verify-no-trail": ["audit", "verify", "text"],
};

function transcript(argv: readonly string[], { stdout, stderr, exitCode }: Ran): string {
  const command = ["shadowtap", ...argv].join(" ");
  return `$ ${command}\nexit code ${exitCode}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
}

describe("shadowtap audit", { concurrency: 4 }, () => {
  let shell: BuiltShell;
  before(() => {
    shell = buildShell();
    const write = (name: string, of: readonly string[]) =>
      writeFileSync(join(shell.root, name), of.map((line) => `${line}\n`).join(""));
    write("good.jsonl", lines);
    write("old.jsonl", lines.slice(0, 2));
    write("new.jsonl", lines.slice(2));
    const changed = lines.with(1, (lines[1] ?? "").replace('"uid":0', '"uid":1'));
    write("changed.jsonl", changed.toSpliced(3, 1));
    write("empty.jsonl", []);
    write("text", Array(22).fill("It was a dark and stormy night."));
  });
  after(() => shell.dispose());

  for (const [name, argv] of Object.entries(cases))
    test(name, async () => {
      const actual = transcript(argv, await shell.run(argv));
      const file = join(GOLDEN, `${name}.txt`);
      if (UPDATE) writeFileSync(file, actual);
      assert.equal(actual, readFileSync(file, "utf8"));
    });

  test("stdin is read", async () => {
    const child = spawn(
      process.execPath,
      [join(shell.root, "bin/shadowtap.js"), "audit", "verify", "-", "-o", "json"],
      { env: { HOME: shell.root, LANG: "C.UTF-8", TZ: "UTC" } },
    );
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.stdin.end(lines.map((line) => `${line}\n`).join(""));
    assert.equal(await ended, 0);
    const report = JSON.parse(text);
    assert.deepEqual([report.intact, report.entries, report.last_hash], [true, 5, last]);
  });
});

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { isPathLimited } from "../../src/agent/cpu-share.ts";

describe("a cgroup has limits that must not be escaped", () => {
  const root = mkdtempSync(join(tmpdir(), "shadowtap-cgroup-"));
  after(() => rmSync(root, { recursive: true }));
  const unit = join(root, "system.slice", "shadowtap.service");
  mkdirSync(unit, { recursive: true });

  const cases: readonly [file: string, text: string, isLimited: boolean][] = [
    ["system.slice/shadowtap.service/memory.max", "max\n", false],
    ["system.slice/shadowtap.service/memory.max", "268435456\n", true],
    ["system.slice/shadowtap.service/memory.high", "268435456\n", true],
    ["system.slice/shadowtap.service/cpu.max", "max 100000\n", false],
    ["system.slice/shadowtap.service/cpu.max", "20000 100000\n", true],
    ["system.slice/shadowtap.service/cpuset.cpus", "\n", false],
    ["system.slice/shadowtap.service/cpuset.cpus", "0-1\n", true],
    ["system.slice/shadowtap.service/pids.max", "4915\n", false],
    ["system.slice/memory.max", "1073741824\n", true],
  ];
  for (const [file, text, isLimited] of cases)
    test(`${file} says ${JSON.stringify(text)}: ${isLimited}`, () => {
      writeFileSync(join(root, file), text);
      assert.equal(isPathLimited(root, "/system.slice/shadowtap.service"), isLimited);
      rmSync(join(root, file));
    });

  test("without controllers: false", () =>
    assert.equal(isPathLimited(root, "/system.slice/shadowtap.service"), false));
  test("at the root: false", () => assert.equal(isPathLimited(root, "/"), false));
  test("outside of what is mounted: true", () =>
    assert.equal(isPathLimited(root, "/../elsewhere"), true));
});

/** Where cgroup2 has the cpu controller, which hybrid machines lack: seen in `scripts/vm matrix`. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createCpuShare } from "../../src/agent/cpu-share.ts";
import { cgroup2Mount } from "../../src/capture/scope.ts";

const root = cgroup2Mount() ?? "";
const control = join(root, "cgroup.subtree_control");
const wordsOf = (path: string) =>
  existsSync(path) ? readFileSync(path, "latin1").trim().split(" ") : [];
const available = wordsOf(join(root, "cgroup.controllers"));
const enabled = wordsOf(control);
const lacking = ["cpu", "memory"].filter((name) => !available.includes(name));

function cgroupOf({ pid }: ChildProcess): string {
  return readFileSync(`/proc/${pid}/cgroup`, "latin1").trim().split("::").at(-1) ?? "";
}

describe("the cgroup of a payload process", {
  skip: lacking.length > 0 && `cgroup2 lacks ${lacking.join(" and ")}`,
}, () => {
  // Below the root, so that nothing but itself can limit it.
  const group = join(root, `stlab-limited-${process.pid}`);
  before(() => {
    writeFileSync(control, "+cpu +memory");
    mkdirSync(group);
  });
  after(() => {
    rmdirSync(group);
    for (const name of ["cpu", "memory"])
      if (!enabled.includes(name)) writeFileSync(control, `-${name}`);
  });

  /** Gives a process that sleeps in the group its share of the CPU; returns the cgroup where it is then. */
  async function share(): Promise<string> {
    const child = spawn("sleep", ["60"]);
    const ended = once(child, "exit");
    writeFileSync(join(group, "cgroup.procs"), String(child.pid));
    const cpu = createCpuShare(child.pid ?? 0);
    const where = cgroupOf(child);
    if (where.includes("shadowtap-")) {
      cpu.yield(true);
      assert.equal(readFileSync(join(root, where, "cpu.idle"), "latin1").trim(), "1");
    }
    child.kill();
    await ended;
    cpu.dispose();
    assert.equal(existsSync(join(root, `shadowtap-${child.pid}`)), false);
    return where;
  }

  test("is its own where nobody limits ours, from Linux 5.15 on", async () => {
    const isKnown = existsSync(join(group, "cpu.idle"));
    assert.match(await share(), isKnown ? /^\/shadowtap-\d+$/ : /^\/stlab-limited-\d+$/);
  });

  test("stays where it has limits", async () => {
    writeFileSync(join(group, "memory.max"), String(256 * 1024 * 1024));
    assert.match(await share(), /^\/stlab-limited-\d+$/);
  });
});

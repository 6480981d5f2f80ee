/** Who sees payload has no privilege, and the least that is needed is enough. */
import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { cgroupProgramsKnowNamespace } from "../../src/kernel/probe.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { firstTarget, PATIENCE_MS, startMirror } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";
import type { Program } from "../lab/process.ts";
import { untilFile } from "../lab/wait.ts";

const PORT = 8080;
const ROOT = join(import.meta.dirname, "../..");

/** The given lines of /proc/PID/task/TID/status, for every thread. */
function ofEveryThread(pid: number, names: readonly string[]): Record<string, string>[] {
  return readdirSync(`/proc/${pid}/task`).map((tid) => {
    const status = readFileSync(`/proc/${pid}/task/${tid}/status`, "latin1");
    return Object.fromEntries(
      names.map((name) => [name, new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status)?.[1] ?? ""]),
    );
  });
}

/** include/uapi/linux/capability.h */
const BITS = { net_admin: 12n, net_raw: 13n, perfmon: 38n, bpf: 39n } as const;
const IDS = ["Uid", "Gid", "Groups"];
const CAPABILITIES = ["CapInh", "CapPrm", "CapEff", "CapAmb"];
const NONE = "0".repeat(16);

/**
 * Descriptors of a process that are neither those that a payload process is given (stdio, the IPC channel, the ring, its control
 * and the table of own connections) nor Node's own for its event loop.
 */
function descriptorsOf(pid: number): string[] {
  const found = new Map(
    readdirSync(`/proc/${pid}/fd`).map((fd) => [Number(fd), readlinkSync(`/proc/${pid}/fd/${fd}`)]),
  );
  for (const fd of [4, 5, 6]) assert.match(found.get(fd) ?? "", /bpf-map/, `descriptor ${fd}`);
  assert.match(found.get(3) ?? "", /^socket:/);
  assert.equal(found.get(0), "/dev/null");
  const ofNode = /^(anon_inode:\[(eventpoll|eventfd|io_uring)\]|pipe:\[\d+\]|\/dev\/null)$/;
  return [...found]
    .filter(([fd, what]) => fd > 6 && !ofNode.test(what))
    .map(([fd, what]) => `${fd} ${what}`);
}

/** Starts a mirror as nobody, with these capabilities alone. */
async function startWith(
  lab: Lab,
  hook: string,
  names: readonly (keyof typeof BITS)[],
): Promise<Program> {
  const caps = names.map((name) => `+${name}`).join();
  const node = join(ROOT, "node_modules/.bin/node");
  const ready = join(lab.dir, `ready-unprivileged-${lab.next()}`);
  const keeper = lab.live.start("sh", [
    // Before Linux 5.11, maps count as locked memory. A container may not raise the limit, and need not then.
    ...["-c", 'ulimit -l unlimited 2>/dev/null || true; exec "$@"', "sh", "setpriv"],
    ...["--reuid=65534", "--regid=65534", "--clear-groups"],
    ...[`--inh-caps=${caps}`, `--ambient-caps=${caps}`, `--bounding-set=-all,${caps}`],
    ...[node, "--disable-sigusr1", join(ROOT, "bin/shadowtap.js"), "mirror", "--hook", hook],
    ...["--port", String(PORT), "--to", `http://${ADDRESS.shadow.v4}:${PORT}`],
    ...["-o", "none", "--ready-file", ready],
  ]);
  await untilFile(ready, keeper, PATIENCE_MS);
  return keeper;
}

describe("privileges", () => {
  let lab: Lab;

  before(async () => {
    lab = await createLab();
    await startNginx(lab, lab.live, { port: PORT });
    await startNginx(lab, lab.shadow, { port: PORT });
  });
  after(() => lab[Symbol.asyncDispose]());

  it("a payload process is nobody, in every thread, and holds only what it was given", async () => {
    const to = `http://${ADDRESS.shadow.v4}:${PORT}`;
    const mirror = await startMirror(lab, lab.live, ["--port", String(PORT), "--to", to]);
    const { pid } = mirror.program;
    const payload = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim());
    const threads = ofEveryThread(payload, [...IDS, ...CAPABILITIES, "NoNewPrivs"]);
    assert.ok(threads.length > 1);
    for (const thread of threads)
      assert.deepEqual(thread, {
        Uid: "65534\t65534\t65534\t65534",
        Gid: "65534\t65534\t65534\t65534",
        Groups: "",
        CapInh: NONE,
        CapPrm: NONE,
        CapEff: NONE,
        CapAmb: NONE,
        NoNewPrivs: "1",
      });
    assert.deepEqual(descriptorsOf(payload), []);
    const answer = await lab.client.run("curl", ["-s", `http://${ADDRESS.live.v4}:${PORT}/`]);
    assert.equal(answer.code, 0);
    const { summary } = await mirror.stop();
    assert.equal(firstTarget(summary).delivered, 1);
  });

  for (const [hook, names] of [
    ["cgroup", ["bpf", "net_admin"]],
    ["tc", ["bpf", "net_admin"]],
    ["socket", ["bpf", "net_raw"]],
  ] as const)
    it(`${names.join(" and ")} are enough for ${hook}, and the payload process has neither`, async (t) => {
      if (hook === "cgroup" && !cgroupProgramsKnowNamespace()) return t.skip("before Linux 6.15");
      chmodSync(lab.dir, 0o777);
      const { keeper, held } = await startWith(lab, hook, names).then(
        (started) => ({ keeper: started, held: names }),
        async (error: unknown) => {
          // Linux 5.10 and 6.1 want CAP_PERFMON where a slot of the stack has once held a pointer.
          assert.match(String(error), /attempt to corrupt spilled pointer/);
          t.diagnostic("this kernel wants CAP_PERFMON as well");
          const more = [...names, "perfmon"] as const;
          return { keeper: await startWith(lab, hook, more), held: more };
        },
      );
      const bits = held.reduce((sum, name) => sum | (1n << BITS[name]), 0n);
      for (const { CapEff } of ofEveryThread(keeper.pid, ["CapEff"]))
        assert.equal(CapEff, bits.toString(16).padStart(16, "0"));
      const payload = Number(
        readFileSync(`/proc/${keeper.pid}/task/${keeper.pid}/children`, "latin1").trim(),
      );
      for (const thread of ofEveryThread(payload, ["CapPrm", "CapEff", "CapAmb", "NoNewPrivs"]))
        assert.deepEqual(thread, { CapPrm: NONE, CapEff: NONE, CapAmb: NONE, NoNewPrivs: "1" });
      assert.deepEqual(descriptorsOf(payload), []);
      const answer = await lab.client.run("curl", ["-s", `http://${ADDRESS.live.v4}:${PORT}/`]);
      assert.equal(answer.code, 0);
      await keeper.stop("SIGTERM", 15_000);
      assert.match(keeper.stderr(), /delivered +1 /);
    });
});

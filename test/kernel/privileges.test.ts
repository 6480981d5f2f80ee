/** Who sees payload has no privilege, and the least that is needed is enough. */
import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { firstTarget, startMirror } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";
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
    for (const thread of ofEveryThread(payload, ["Uid", "Gid", "Groups", "CapEff", "CapPrm"]))
      assert.deepEqual(thread, {
        Uid: "65534\t65534\t65534\t65534",
        Gid: "65534\t65534\t65534\t65534",
        Groups: "",
        CapEff: "0000000000000000",
        CapPrm: "0000000000000000",
      });
    const answer = await lab.client.run("curl", ["-s", `http://${ADDRESS.live.v4}:${PORT}/`]);
    assert.equal(answer.code, 0);
    const { summary } = await mirror.stop();
    assert.equal(firstTarget(summary).delivered, 1);
  });

  it("CAP_BPF and CAP_NET_ADMIN are enough, and the payload process has neither", async () => {
    const to = `http://${ADDRESS.shadow.v4}:${PORT}`;
    const caps = "+bpf,+net_admin";
    const node = join(ROOT, "node_modules/.bin/node");
    const ready = join(lab.dir, "ready-unprivileged");
    chmodSync(lab.dir, 0o777);
    const keeper = lab.live.start("setpriv", [
      ...["--reuid=65534", "--regid=65534", "--clear-groups"],
      ...[`--inh-caps=${caps}`, `--ambient-caps=${caps}`, `--bounding-set=-all,${caps}`],
      ...[node, "--disable-sigusr1", join(ROOT, "bin/shadowtap.js"), "mirror"],
      ...["--port", String(PORT), "--to", to, "-o", "none", "--ready-file", ready],
    ]);
    await untilFile(ready, keeper, 20_000);
    const payload = Number(
      readFileSync(`/proc/${keeper.pid}/task/${keeper.pid}/children`, "latin1").trim(),
    );
    for (const thread of ofEveryThread(payload, ["CapInh", "CapPrm", "CapEff", "CapAmb"]))
      assert.deepEqual(
        { ...thread, CapInh: "" },
        { CapInh: "", CapPrm: "0".repeat(16), CapEff: "0".repeat(16), CapAmb: "0".repeat(16) },
      );
    const answer = await lab.client.run("curl", ["-s", `http://${ADDRESS.live.v4}:${PORT}/`]);
    assert.equal(answer.code, 0);
    await keeper.stop("SIGTERM", 15_000);
    assert.match(keeper.stderr(), /delivered +1 /);
  });
});

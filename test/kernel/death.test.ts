/** Killed without warning, under load: nothing of it stays in the kernel or runs on, and the live service notices nothing. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { added, linksOf, loadedPrograms } from "../lab/bpf.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { paced } from "../lab/load.ts";
import { startMirror } from "../lab/mirror.ts";
import { type Nginx, startNginx } from "../lab/nginx.ts";
import { kill } from "../lab/process.ts";
import { until } from "../lab/wait.ts";

const PORT = 8080;
const LOAD = {
  url: `http://${ADDRESS.live.v4}:${PORT}/`,
  connections: 8,
  requestsPerSecond: 2_000,
  seconds: 3,
};

function children(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

for (const hook of ["cgroup", "tc"])
  describe(`kill -9, ${hook} hook`, () => {
    let lab: Lab;
    let shadow: Nginx;

    before(async () => {
      lab = await createLab();
      await startNginx(lab, lab.live, { port: PORT });
    });
    beforeEach(async () => {
      shadow = await startNginx(lab, lab.shadow, { port: PORT });
    });
    afterEach(() => shadow.program.stop());
    after(() => lab[Symbol.asyncDispose]());

    const args = [
      "--port",
      String(PORT),
      "--to",
      `http://${ADDRESS.shadow.v4}:${PORT}`,
      "--hook",
      hook,
    ];

    for (const victim of ["keeper", "payload process"])
      it(`of the ${victim}`, async () => {
        const before = loadedPrograms();
        const mirror = await startMirror(lab, lab.live, args);
        const ours = added(before, loadedPrograms());
        assert.ok(ours.length > 0, "no program was loaded");
        assert.ok(linksOf(ours).length > 0, "no link holds a program");
        const payload = children(mirror.program.pid);
        assert.ok(payload.length > 0, "no payload process");

        const load = paced(lab, lab.client, LOAD);
        await until(
          async () => (await shadow.count()) > 500,
          5_000,
          () => "nothing is mirrored",
        );
        kill(victim === "keeper" ? mirror.program.pid : (payload[0] as number), "SIGKILL");
        await until(
          () => added(before, loadedPrograms()).length === 0,
          2_000,
          () => `still loaded: ${JSON.stringify(added(before, loadedPrograms()))}`,
        );
        await until(
          () => [mirror.program.pid, ...payload].every((pid) => !existsSync(`/proc/${pid}/exe`)),
          2_000,
          () => "a process of shadowtap runs on",
        );
        const { requests, failed } = await load;
        assert.equal(requests, LOAD.requestsPerSecond * LOAD.seconds);
        assert.equal(failed, 0);
      });
  });

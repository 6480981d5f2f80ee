/** What shadowtap must not do is refused with a clear error and the documented exit code. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { added, loadedPrograms } from "../lab/bpf.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { firstTarget, mirrorDuring, runShadowtap } from "../lab/mirror.ts";
import { type Nginx, startNginx } from "../lab/nginx.ts";

const TARGET = `http://${ADDRESS.shadow.v4}:8080`;

describe("refusals", () => {
  let lab: Lab;
  let live: Nginx;
  let shadow: Nginx;

  before(async () => {
    lab = await createLab();
    live = await startNginx(lab, lab.live, { port: 8080 });
    await startNginx(lab, lab.live, { port: 8081 });
    shadow = await startNginx(lab, lab.shadow, { port: 8080 });
  });
  after(() => lab[Symbol.asyncDispose]());

  const cases: Record<string, { args: string[]; exitCode: number; says: RegExp }> = {
    "a target that is the captured listener, by loopback": {
      args: ["--port", "8080", "--to", "http://127.0.0.1:8080"],
      exitCode: 64,
      says: /ST_TARGET_IS_LIVE/,
    },
    "a target that is the captured listener, by the machine's address": {
      args: ["--port", "8080", "--to", `http://${ADDRESS.live.v4}:8080`],
      exitCode: 64,
      says: /ST_TARGET_IS_LIVE/,
    },
    "a target that is the captured listener, by IPv6": {
      args: ["--port", "8080", "--to", `http://${ADDRESS.live.v6}:8080`],
      exitCode: 64,
      says: /ST_TARGET_IS_LIVE/,
    },
    "a target that is another captured port": {
      args: ["--port", "8080,8081", "--to", "http://127.0.0.1:8081"],
      exitCode: 64,
      says: /ST_TARGET_IS_LIVE/,
    },
    "a port out of range": {
      args: ["--port", "70000", "--to", TARGET],
      exitCode: 64,
      says: /70000/,
    },
    "an unknown interface": {
      args: ["--port", "8080", "--to", TARGET, "--hook", "tc", "--iface", "nope0"],
      exitCode: 64,
      says: /nope0/,
    },
    "an unknown flag": {
      args: ["--port", "8080", "--to", TARGET, "--nope"],
      exitCode: 64,
      says: /--nope/,
    },
    "a namespace that is not there": {
      args: ["--port", "8080", "--to", TARGET, "--netns", "/run/netns/nope"],
      exitCode: 64,
      says: /nope/,
    },
    "a target that is not there": {
      args: ["--port", "8080", "--to", `http://${ADDRESS.shadow.v4}:9`],
      exitCode: 69,
      says: /ST_TARGET_UNREACHABLE/,
    },
    "a summary file that cannot be written": {
      args: ["--port", "8080", "--to", TARGET, "--summary-file", "/nope/summary.json"],
      exitCode: 73,
      says: /nope/,
    },
  };

  for (const [name, { args, exitCode, says }] of Object.entries(cases))
    it(name, async () => {
      const before = loadedPrograms();
      const { code, stdout, stderr } = await runShadowtap(lab.live, ["mirror", ...args]);
      assert.equal(code, exitCode, stderr);
      assert.match(stderr, says);
      assert.equal(stdout, "");
      assert.deepEqual(added(before, loadedPrograms()), []);
    });

  it("a user without the capabilities", async () => {
    const command = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"];
    const { code, stderr } = await lab.live.run("setpriv", [
      ...command,
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      `${import.meta.dirname}/../../bin/shadowtap.js`,
      ...["mirror", "--port", "8080", "--to", TARGET],
    ]);
    assert.equal(code, 77, stderr);
    assert.match(stderr, /ST_PERMISSION/);
  });

  it("requests that are a mirror's own already, in silence", async () => {
    const args = ["--port", "8080", "--to", TARGET];
    const already = await shadow.count();
    const { summary } = await mirrorDuring(lab, lab.live, args, async () => {
      const url = `http://${ADDRESS.live.v4}:8080/`;
      await curl(lab.client, "-H", "X-Shadow-Request: true", url);
      await curl(lab.client, url);
    });
    assert.equal(await live.count(), 2);
    assert.equal((await shadow.count()) - already, 1);
    assert.equal(summary.ledger.capture.skipped.already_shadow, 1);
    assert.equal(firstTarget(summary).delivered, 1);
  });
});

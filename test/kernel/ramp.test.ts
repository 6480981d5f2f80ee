/** A ramp end to end: up, back by itself when the shadow begins to fail, and up again when it has recovered. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { paced } from "../lab/load.ts";
import { faults, firstTarget, type Mirror, runShadowtap, startMirror } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";
import { until } from "../lab/wait.ts";

const PORT = 8080;
const LIVE = `http://${ADDRESS.live.v4}:${PORT}`;

/** What `shadowtap status -o json` says of the one rule. */
interface RuleStatus {
  readonly share: number;
  readonly ramp: { readonly state: string; readonly reason: string | null };
}

describe("a ramp with a guard", () => {
  let lab: Lab;
  /** While there is such a file, the shadow answers 500 to a tenth of its requests. */
  let failing: string;
  before(async () => {
    lab = await createLab();
    failing = join(lab.dir, "failing");
    await startNginx(lab, lab.live, { port: PORT, location: "return 200 live;" });
    await startNginx(lab, lab.shadow, {
      port: PORT,
      http: "split_clients $request_id $lot { 10% bad; * good; }",
      location: `
        if (!-f ${failing}) { return 200 shadow; }
        if ($lot = bad) { return 500 shadow; }
        return 200 shadow;`,
    });
  });
  after(() => lab[Symbol.asyncDispose]());

  async function ruleStatus(socket: string): Promise<RuleStatus> {
    const args = ["status", "-o", "json", "--admin-socket", socket];
    const { stdout } = await runShadowtap(lab.live, args);
    return (JSON.parse(stdout) as { rules: [RuleStatus] }).rules[0];
  }

  /** Waits until it says that the share is what it should be, behind `from` of what it said; returns where that ends. */
  async function untilAt(mirror: Mirror, share: string, from: number): Promise<number> {
    const line = `is at ${share} now.`;
    await until(
      () => mirror.program.stderr().includes(line, from),
      15_000,
      () => `no "${line}" in ${mirror.program.stderr().slice(from)}`,
    );
    return mirror.program.stderr().indexOf(line, from) + line.length;
  }

  it("steps back by itself, says so, and goes on after recovery", async () => {
    const socket = join(lab.dir, "admin.sock");
    const args = ["--port", String(PORT), "--to", `http://${ADDRESS.shadow.v4}:${PORT}`];
    args.push("--ramp", "5%..15%/3s/3", "--ramp-guard", "errors<2%", "--admin-socket", socket);
    const mirror = await startMirror(lab, lab.live, args);
    let isOver = false;
    let unanswered = 0;
    const load = (async () => {
      while (!isOver) {
        const pace = { url: LIVE, connections: 4, requestsPerSecond: 800, seconds: 0.5 };
        unanswered += (await paced(lab, lab.client, pace)).failed;
      }
    })();
    try {
      let said = await untilAt(mirror, "10 %", 0);
      writeFileSync(failing, "");
      // It may have gone one step further before the failures told.
      await until(
        () => mirror.program.stderr().includes("it went back to", said),
        10_000,
        () => mirror.program.stderr(),
      );
      const back =
        /is at (\S+) % now\. At (\S+) % \d+ of \d+ copies failed or were answered with 5xx .* it went back to (\S+) %\./.exec(
          mirror.program.stderr().slice(said),
        );
      assert.ok(back, mirror.program.stderr());
      const [, now, failed, wentBack] = back;
      assert.equal(now, wentBack);
      assert.ok(Number(failed) > Number(now));
      said = mirror.program.stderr().length;
      rmSync(failing);
      const held = await ruleStatus(socket);
      assert.equal(held.ramp.state, "held_back");
      assert.match(held.ramp.reason ?? "", /answered with 5xx/);
      await untilAt(mirror, "15 %", said);
      const done = await ruleStatus(socket);
      assert.equal(done.ramp.state, "done");
      assert.equal(done.share, 0.15);
    } finally {
      isOver = true;
      rmSync(failing, { force: true });
      await load;
    }
    const { summary } = await mirror.stop();
    assert.equal(unanswered, 0);
    assert.ok((firstTarget(summary).status["500"] ?? 0) > 0);
    assert.deepEqual(faults(summary), []);
  });
});

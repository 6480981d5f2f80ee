/** When a run ends by itself, and what it prints. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { curl, paced } from "../lab/load.ts";
import { faults, firstTarget, mirrorDuring, startMirror } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";

const PORT = 8080;
const LIVE = `http://${ADDRESS.live.v4}:${PORT}`;
const ARGS = ["--port", String(PORT), "--to", `http://${ADDRESS.shadow.v4}:${PORT}`];

describe("a run", () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab();
    await startNginx(lab, lab.live, { port: PORT, location: "return 200 live;" });
    await startNginx(lab, lab.shadow, { port: PORT });
  });
  after(() => lab[Symbol.asyncDispose]());

  it("ends when --count were delivered", async () => {
    const mirror = await startMirror(lab, lab.live, [...ARGS, "--count", "5"]);
    const load = { url: LIVE, connections: 2, requestsPerSecond: 50, seconds: 0.6 };
    await paced(lab, lab.client, load);
    const { code, summary } = await mirror.finished();
    assert.equal(code, 0);
    assert.equal(firstTarget(summary).delivered, 5);
    assert.deepEqual(faults(summary), []);
  });

  it("ends after --duration", async () => {
    const mirror = await startMirror(lab, lab.live, [...ARGS, "--duration", "3s"]);
    await curl(lab.client, LIVE);
    const { code, summary } = await mirror.finished();
    assert.equal(code, 0);
    assert.equal(firstTarget(summary).delivered, 1);
  });

  it("prints a line of JSON for each copy, here to two targets, one of them IPv6", async () => {
    const second = await startNginx(lab, lab.shadow, { port: PORT + 1 });
    const args = [...ARGS, "--to", `http://${ADDRESS.shadow.v6}:${PORT + 1}`, "-o", "json"];
    const { stdout, summary } = await mirrorDuring(lab, lab.live, args, async () => {
      await curl(lab.client, `${LIVE}/one?secret=1`, `${LIVE}/two`);
    });
    assert.equal(await second.count(), 2);
    const lines = stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, 4);
    assert.doesNotMatch(stdout, /secret/);
    assert.deepEqual(
      summary.ledger.targets.map(({ delivered }) => delivered),
      [2, 2],
    );
  });
});

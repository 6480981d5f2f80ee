/** What is selected, when a run ends by itself, and what it prints. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { curl, paced } from "../lab/load.ts";
import { faults, firstTarget, mirrorDuring, startMirror } from "../lab/mirror.ts";
import { type Nginx, startNginx } from "../lab/nginx.ts";

const PORT = 8080;
const LIVE = `http://${ADDRESS.live.v4}:${PORT}`;
const ARGS = ["--port", String(PORT), "--to", `http://${ADDRESS.shadow.v4}:${PORT}`];

describe("selection", () => {
  let lab: Lab;
  let shadow: Nginx;
  before(async () => {
    lab = await createLab();
    await startNginx(lab, lab.live, { port: PORT, location: "return 200 live;" });
    shadow = await startNginx(lab, lab.shadow, { port: PORT });
  });
  after(() => lab[Symbol.asyncDispose]());

  it("by path and method, each with its count", async () => {
    const already = await shadow.count();
    const { summary, stderr } = await mirrorDuring(
      lab,
      lab.live,
      [...ARGS, "--path", "/api/*"],
      async () => {
        await curl(lab.client, `${LIVE}/api/a`, `${LIVE}/other`, `${LIVE}/api/b?c=d`);
        await curl(lab.client, "-d", "money", `${LIVE}/api/pay`);
        await curl(lab.client, "-X", "DELETE", `${LIVE}/api/a`);
      },
    );
    assert.equal((await shadow.count()) - already, 2);
    // By the kernel where it looks into heads, else by us.
    const { capture, selection } = summary.ledger;
    assert.equal(capture.skipped.not_selected + selection.not_matched, 1);
    assert.equal(summary.ledger.rule.held_back.method, 2);
    assert.equal(firstTarget(summary).delivered, 2);
    assert.match(stderr, /--allow-methods/);
    assert.deepEqual(faults(summary), []);
  });

  it("until --count were delivered", async () => {
    const mirror = await startMirror(lab, lab.live, [...ARGS, "--count", "5"]);
    const load = { url: LIVE, connections: 2, requestsPerSecond: 50, seconds: 0.6 };
    await paced(lab, lab.client, load);
    const { code, summary } = await mirror.finished();
    assert.equal(code, 0);
    assert.equal(firstTarget(summary).delivered, 5);
    assert.deepEqual(faults(summary), []);
  });

  it("for --duration", async () => {
    const mirror = await startMirror(lab, lab.live, [...ARGS, "--duration", "3s"]);
    await curl(lab.client, LIVE);
    const { code, summary } = await mirror.finished();
    assert.equal(code, 0);
    assert.equal(firstTarget(summary).delivered, 1);
  });

  it("to two targets, one of them IPv6, with a line of JSON for each copy", async () => {
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

  it("by two payload processes, each with connections of its own", async () => {
    const already = await shadow.count();
    const load = { url: LIVE, connections: 16, requestsPerSecond: 160, seconds: 2 };
    const { summary } = await mirrorDuring(lab, lab.live, [...ARGS, "--workers", "2"], () =>
      paced(lab, lab.client, load),
    );
    assert.equal((await shadow.count()) - already, 320);
    assert.equal(firstTarget(summary).delivered, 320);
    assert.deepEqual(faults(summary), []);
  });
});

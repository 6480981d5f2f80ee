/** What is selected from a real server's traffic, from the kernel to the shadow. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { curl, paced } from "../lab/load.ts";
import { faults, firstTarget, mirrorDuring } from "../lab/mirror.ts";
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

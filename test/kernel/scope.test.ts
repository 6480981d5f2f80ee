/** Only the listeners that were asked for are mirrored, wherever else the same port is used. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { tally } from "../lab/access-log.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { faults, firstTarget, mirrorDuring } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";

const PORT = 8080;

for (const hook of ["cgroup", "tc"])
  describe(`scope, ${hook} hook`, () => {
    let lab: Lab;
    before(async () => {
      lab = await createLab();
    });
    after(() => lab[Symbol.asyncDispose]());

    const args = ["--port", String(PORT), "--hook", hook];

    it("is the caller's own namespace", async () => {
      const live = await startNginx(lab, lab.live, { port: PORT });
      const shadow = await startNginx(lab, lab.shadow, { port: PORT });
      const target = `http://${ADDRESS.shadow.v4}:${PORT}`;
      const { summary, stderr } = await mirrorDuring(
        lab,
        lab.live,
        [...args, "--to", target],
        async () => {
          await curl(lab.client, `http://${ADDRESS.live.v4}:${PORT}/wanted`);
          // The live machine as a client of the same port elsewhere, and somebody else's traffic there.
          await curl(lab.live, `http://${ADDRESS.shadow.v4}:${PORT}/outgoing`);
          await curl(lab.shadow, `http://127.0.0.1:${PORT}/elsewhere`);
        },
      );
      await live.stopAndRead();
      assert.deepEqual(tally(await shadow.stopAndRead()), {
        "GET /elsewhere": 1,
        "GET /outgoing": 1,
        "GET /wanted": 1,
      });
      assert.equal(firstTarget(summary).delivered, 1);
      assert.deepEqual(faults(summary), []);
      assert.match(stderr, /0\.0\.0\.0:8080|\*:8080/);
    });

    it("is another namespace when it is named", async () => {
      await startNginx(lab, lab.live, { port: PORT });
      const shadow = await startNginx(lab, lab.shadow, { port: PORT });
      const target = `http://127.0.0.1:${PORT}`;
      const named = [...args, "--to", target, "--netns", lab.live.netnsPath];
      const { summary } = await mirrorDuring(lab, lab.shadow, named, async () => {
        await curl(lab.client, `http://${ADDRESS.live.v4}:${PORT}/wanted`);
        await curl(lab.live, `http://127.0.0.1:${PORT}/wanted`);
        await curl(lab.shadow, `http://127.0.0.1:${PORT}/elsewhere`);
      });
      assert.deepEqual(tally(await shadow.stopAndRead()), {
        "GET /elsewhere": 1,
        "GET /wanted": 2,
      });
      assert.equal(firstTarget(summary).delivered, 2);
      assert.deepEqual(faults(summary), []);
    });
  });

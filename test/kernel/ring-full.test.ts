/** A ring too small on purpose, at full speed: production is not held up, and every missing request is counted. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { seen, total } from "../../src/model/ledger.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { full } from "../lab/load.ts";
import { faults, firstTarget, mirrorDuring } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";

const PORT = 8080;
const URL = `http://${ADDRESS.live.v4}:${PORT}/`;
const CONNECTIONS = 32;

for (const hook of ["cgroup", "tc"])
  describe(`a small ring at full speed, ${hook} hook`, () => {
    let lab: Lab;
    before(async () => {
      lab = await createLab();
    });
    after(() => lab[Symbol.asyncDispose]());

    for (const ringSize of ["64KiB", "16MiB"])
      it(`ring of ${ringSize}`, async () => {
        const live = await startNginx(lab, lab.live, { port: PORT, log: false });
        const shadow = await startNginx(lab, lab.shadow, { port: PORT, log: false });
        const target = `http://${ADDRESS.shadow.v4}:${PORT}`;
        const args = ["--port", String(PORT), "--to", target, "--hook", hook];
        const sized = [...args, "--ring-size", ringSize];
        const { code, summary, stderr } = await mirrorDuring(lab, lab.live, sized, async () => {
          const { requests, failed } = await full(lab, lab.client, {
            url: URL,
            connections: CONNECTIONS,
            seconds: 2,
          });
          assert.ok(requests > 0);
          assert.equal(failed, 0);
        });
        const liveCount = await live.count();
        const shadowCount = await shadow.count();
        await Promise.all([live.program.stop(), shadow.program.stop()]);

        assert.equal(code, 0, stderr);
        assert.deepEqual(faults(summary), []);
        const { capture } = summary.ledger;
        const difference = seen(capture) - liveCount;
        // wrk leaves with a request under way on each connection, which nginx need not count.
        assert.ok(
          Math.abs(difference) <= capture.estimated + CONNECTIONS,
          `seen ${seen(capture)}, live ${liveCount}, estimated ${capture.estimated}: ${JSON.stringify(capture)}`,
        );
        const { delivered, failed } = firstTarget(summary);
        const unanswered = total(failed.sent_unanswered);
        assert.ok(shadowCount >= delivered && shadowCount <= delivered + unanswered);
        assert.ok(delivered > 0, "nothing was mirrored at all");
      });
  });

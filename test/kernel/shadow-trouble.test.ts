/** Whatever the shadow does, the live service and its clients notice nothing, and everything is counted. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { total } from "../../src/model/ledger.ts";
import { startBodyServer } from "../lab/body-server.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { curl, paced } from "../lab/load.ts";
import {
  faults,
  firstTarget,
  type MirrorSummary,
  mirrorDuring,
  runShadowtap,
} from "../lab/mirror.ts";
import { type Nginx, startNginx } from "../lab/nginx.ts";
import { type Oddity, startOddServer } from "../lab/odd-server.ts";
import { until } from "../lab/wait.ts";

const PORT = 8080;
const LIVE = `http://${ADDRESS.live.v4}:${PORT}`;
const TARGET = `http://${ADDRESS.shadow.v4}:${PORT}`;
const ARGS = ["--port", String(PORT), "--to", TARGET, "--timeout", "1s"];
const LOAD = { url: `${LIVE}/load`, connections: 8, requestsPerSecond: 500, seconds: 2 };
const REQUESTS = LOAD.requestsPerSecond * LOAD.seconds;

describe("a shadow in trouble", () => {
  let lab: Lab;
  let live: Nginx;

  before(async () => {
    lab = await createLab();
    live = await startNginx(lab, lab.live, { port: PORT });
  });
  after(() => lab[Symbol.asyncDispose]());

  async function loadTheLiveService(): Promise<void> {
    const before = await live.count();
    const result = await paced(lab, lab.client, LOAD);
    assert.equal(result.requests, REQUESTS);
    assert.equal(result.failed, 0);
    assert.ok(result.p99Ms < 50, `live p99 was ${result.p99Ms} ms`);
    assert.equal((await live.count()) - before, REQUESTS);
    assert.equal(await curl(lab.client, `${LIVE}/last`), "x".repeat(1_024));
  }

  function assertAccounted(summary: MirrorSummary): void {
    assert.deepEqual(faults(summary), []);
    assert.equal(summary.ledger.capture.decoded, REQUESTS + 1);
    assert.equal(firstTarget(summary).offered, REQUESTS + 1);
  }

  for (const oddity of [
    "hang",
    "stop_reading",
    "reset",
    "close",
    "trickle",
    "garbage",
  ] as const satisfies readonly Oddity[])
    it(`that does this: ${oddity}`, async () => {
      const shadow = await startOddServer(lab, lab.shadow, PORT, oddity);
      const { code, summary, stderr } = await mirrorDuring(lab, lab.live, ARGS, loadTheLiveService);
      await shadow.program.stop("SIGKILL");
      assert.equal(code, 0, stderr);
      assertAccounted(summary);
      assert.equal(firstTarget(summary).delivered, 0);
    });

  it("that is slow is still told everything that fits", async () => {
    const shadow = await startOddServer(lab, lab.shadow, PORT, "slow", 20);
    const { summary } = await mirrorDuring(lab, lab.live, ARGS, loadTheLiveService);
    const received = shadow.received().split("GET /").length - 1;
    await shadow.program.stop("SIGKILL");
    assertAccounted(summary);
    const { delivered, failed } = firstTarget(summary);
    assert.ok(delivered > 0);
    // The shadow's own count lies between what was delivered and that plus what it never answered.
    const unanswered = total(failed.sent_unanswered);
    assert.ok(received >= delivered && received <= delivered + unanswered, `${received} received`);
  });

  it("that refuses large bodies before it has read them", async () => {
    const shadow = await startOddServer(lab, lab.shadow, PORT, "early_413");
    const upload = await startBodyServer(lab, lab.live, { port: PORT + 1 });
    const args = ["--port", String(PORT + 1), "--to", TARGET, "--allow-methods", "all"];
    const body = join(lab.dir, "large");
    writeFileSync(body, randomBytes(2_000_000));
    const { summary } = await mirrorDuring(lab, lab.live, args, async () => {
      for (let turn = 0; turn < 3; turn++) {
        const url = `http://${ADDRESS.live.v4}:${PORT + 1}/upload`;
        assert.equal(await curl(lab.client, "--data-binary", `@${body}`, url), "ok");
      }
    });
    await shadow.program.stop("SIGKILL");
    assert.deepEqual(
      upload.requests().map(({ bodyBytes, complete }) => ({ bodyBytes, complete })),
      [1, 2, 3].map(() => ({ bodyBytes: 2_000_000, complete: true })),
    );
    assert.deepEqual(faults(summary), []);
    const { offered, delivered, failed, status } = firstTarget(summary);
    assert.equal(offered, 3);
    assert.equal(delivered + total(failed.sent_unanswered), 3);
    assert.deepEqual(Object.keys(status), delivered > 0 ? ["413"] : []);
  });

  it("that is not there at the start is an error, with what to do", async () => {
    const { code, stderr } = await runShadowtap(lab.live, ["mirror", ...ARGS, "-o", "none"]);
    assert.equal(code, 69, stderr);
    assert.match(stderr, /10\.77\.2\.3:8080/);
  });

  it("that dies and comes back is taken up again", async () => {
    const first = await startNginx(lab, lab.shadow, { port: PORT });
    const { summary } = await mirrorDuring(lab, lab.live, ARGS, async () => {
      assert.equal(await curl(lab.client, `${LIVE}/before`), "x".repeat(1_024));
      await until(
        async () => (await first.count()) === 1,
        5_000,
        () => "the first copy is missing",
      );
      await first.program.stop();
      await loadTheLiveService();
      const second = await startNginx(lab, lab.shadow, { port: PORT });
      await until(
        async () => {
          await curl(lab.client, `${LIVE}/after`);
          return (await second.count()) > 0;
        },
        12_000,
        () => "nothing is mirrored since the shadow is back",
      );
    });
    assert.deepEqual(faults(summary), []);
    const { delivered, failed } = firstTarget(summary);
    assert.ok(delivered >= 1);
    assert.ok(failed.unsent.breaker_open + failed.unsent.connect_failed > 0);
  });
});

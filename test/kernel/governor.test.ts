/** `--max-cpu` under full load, with a process beside it that wants every CPU: less is mirrored, nothing else changes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { full, paced } from "../lab/load.ts";
import { faults, firstTarget, runShadowtap, startMirror } from "../lab/mirror.ts";
import { type Nginx, startNginx } from "../lab/nginx.ts";
import { until } from "../lab/wait.ts";

const PORT = 8080;
const LIMIT = 0.2;
const LOAD_SECONDS = 5;

/** What is read here of `shadowtap status -o json`. */
interface Status {
  readonly governor: { readonly admitted: number; readonly lowest_admitted: number };
  readonly capture: { readonly throttled: number };
}

describe("the governor", () => {
  let lab: Lab;
  let live: Nginx;
  let shadow: Nginx;
  before(async () => {
    lab = await createLab();
    const server = { port: PORT, log: false, location: "return 200 ok;" };
    live = await startNginx(lab, lab.live, server);
    shadow = await startNginx(lab, lab.shadow, server);
  });
  after(() => lab[Symbol.asyncDispose]());

  async function status(socket: string): Promise<Status> {
    const args = ["status", "-o", "json", "--admin-socket", socket];
    const { stdout } = await runShadowtap(lab.live, args);
    return JSON.parse(stdout) as Status;
  }
  const governor = async (socket: string) => (await status(socket)).governor;

  it("keeps within the limit under full load and beside a busy loop, and recovers", async () => {
    const [liveBefore, already] = [await live.count(), await shadow.count()];
    const socket = join(lab.dir, "admin.sock");
    const args = ["--port", String(PORT), "--to", `http://${ADDRESS.shadow.v4}:${PORT}`];
    args.push("--max-cpu", `${LIMIT * 100}%`, "--admin-socket", socket);
    const mirror = await startMirror(lab, lab.live, args);
    const busy = lab.live.start(process.execPath, ["-e", "for (;;);"]);
    const url = `http://${ADDRESS.live.v4}:${PORT}/`;
    const load = await full(lab, lab.client, { url, connections: 32, seconds: LOAD_SECONDS });
    const loaded = await governor(socket);
    await busy.stop("SIGKILL");
    let now = loaded;
    await until(
      async () => {
        now = await governor(socket);
        return now.admitted === 1;
      },
      10_000,
      () => `still ${now.admitted} admitted`,
    );
    // Everything is let through again.
    const pace = { url, connections: 2, requestsPerSecond: 100, seconds: 0.5 };
    const { capture } = await status(socket);
    await paced(lab, lab.client, pace);
    const { summary, stderr } = await mirror.stop();

    assert.equal(load.failed, 0);
    assert.ok(loaded.lowest_admitted < 0.9, `${loaded.lowest_admitted} admitted at the lowest`);
    assert.equal(stderr.match(/Holding back to stay within --max-cpu 20 %/g)?.length, 1, stderr);
    const { cost, ledger } = summary;
    const cpuSeconds = cost.cpu_seconds.keeper + cost.cpu_seconds.payload;
    // All of the cost, and of the time only that of the load.
    assert.ok(cpuSeconds / LOAD_SECONDS < LIMIT + 0.05, `${cpuSeconds} s in ${LOAD_SECONDS} s`);
    assert.ok(ledger.capture.throttled > 0);
    assert.equal(ledger.capture.throttled, capture.throttled);
    const { delivered } = firstTarget(summary);
    assert.ok(delivered > 50);
    assert.equal((await shadow.count()) - already, delivered);
    assert.equal(ledger.capture.seen, (await live.count()) - liveBefore);
    assert.deepEqual(faults(summary), []);
  });
});

/** Ten thousand connections at once, of which most say little and some nothing: what each costs the process that reads them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, it } from "node:test";
import { total } from "../../src/model/ledger.ts";
import { startBodyServer } from "../lab/body-server.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { faults, firstTarget, startMirror } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";
import { until } from "../lab/wait.ts";
import type { Peer } from "../lab/wire/peer.ts";
import { openWire, type Wire } from "../lab/wire/wire.ts";
import { get } from "./wire-harness.ts";

const PORT = 8080;
const CONNECTIONS = 10_000;
/** So few that the ring never fills, even while the mirror gives way to others: this measures what connections cost. */
const AT_ONCE = 200;
const WARM = 200;
/** On a machine that is busy with other things, some are shed all the same. */
const MOST_SHED = 100;
const MOST_BYTES_EACH = 4_096;

/** Resident memory of a process's children, the payload processes of a keeper; without what they map of the ring. */
function childrenHeapBytes(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ");
  const rss = children.map((child) => {
    const status = readFileSync(`/proc/${child}/status`, "latin1");
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) * 1_024;
  });
  return rss.reduce((sum, bytes) => sum + bytes, 0);
}

let lab: Lab;
let wire: Wire;

before(async () => {
  lab = await createLab();
  wire = await openWire(lab);
});
after(async () => {
  wire[Symbol.dispose]();
  await lab[Symbol.asyncDispose]();
});

/** Opens connections, a few at a time; `use` gets each, with its number, and `caughtUp` waits for the mirror to follow. */
async function open(
  count: number,
  use: (peer: Peer, index: number) => Promise<void>,
  caughtUp: () => Promise<void>,
): Promise<Peer[]> {
  const peers: Peer[] = [];
  const one = async (index: number) => {
    const peer = await wire.connect(PORT, { isV6: index % 2 === 1 });
    peers.push(peer);
    await use(peer, index);
  };
  for (let from = 0; from < count; from += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => one(from + index)));
    await caughtUp();
  }
  return peers;
}

it("10,000 connections are held with at most 4 KiB each", async () => {
  await startBodyServer(lab, lab.live, { port: PORT });
  const shadow = await startNginx(lab, lab.shadow, { port: PORT });
  const target = `http://${ADDRESS.shadow.v4}:${PORT}`;
  const args = ["--port", String(PORT), "--to", target, "--hook", "tc"];
  const mirror = await startMirror(lab, lab.live, args);
  let requests = 0;
  const caughtUp = () =>
    until(
      async () => (await shadow.count()) === requests,
      10_000,
      () => `the shadow did not get ${requests} requests`,
    );
  const ask = async (peer: Peer, path: string) => {
    requests += 1;
    peer.send(get(path));
    await peer.untilAnswers(1);
  };
  const warm = await open(WARM, (peer, index) => ask(peer, `/warm/${index}`), caughtUp);
  const before = childrenHeapBytes(mirror.program.pid);
  let begun = 0;
  const held = await open(
    CONNECTIONS,
    async (peer, index) => {
      // Of ten, one says nothing, two have an answer, and seven stay in the middle of a request.
      const kind = index % 10;
      if (kind > 7) await ask(peer, `/held/${index}`);
      else if (kind > 0) {
        begun += 1;
        peer.send(get(`/held/${index}`).slice(0, -2));
        await peer.untilAcked();
      }
    },
    caughtUp,
  );
  const each = (childrenHeapBytes(mirror.program.pid) - before) / CONNECTIONS;
  for (const peer of [...warm, ...held]) peer.reset();
  const { summary, code, stderr } = await mirror.stop();
  assert.equal(code, 0, stderr);
  assert.deepEqual(faults(summary), []);
  const { capture } = summary.ledger;
  assert.equal(capture.decoded, requests);
  assert.equal(capture.malformed.incomplete + capture.shed, begun);
  assert.equal(capture.seen, requests + begun);
  assert.ok(capture.shed <= MOST_SHED, `${capture.shed} were shed`);
  const { delivered, failed } = firstTarget(summary);
  assert.equal(delivered + total(failed), requests);
  assert.ok(each <= MOST_BYTES_EACH, `${each} bytes each`);
});

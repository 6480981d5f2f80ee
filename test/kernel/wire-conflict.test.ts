/** Segments that contradict each other: a shadow is never told what the live server did not act on. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createWireBench, get, type WireBench } from "./wire-harness.ts";

describe("segments that contradict each other", () => {
  let bench: WireBench;

  before(async () => {
    bench = await createWireBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  it("of bytes that were acknowledged: the first holds", async () => {
    const peer = await bench.connect();
    peer.send(get("/late/real"));
    await peer.untilAnswers(1);
    peer.segment(0, get("/late/fake"));
    peer.send(get("/late/next"));
    await peer.untilAnswers(2);
    await bench.mirrored("/late");
  });

  /** Three segments, the first of them last: what is behind the hole is sent twice, with other content. */
  const behindHole =
    (path: string, order: (cut: number, a: string, b: string) => [number, string][]) =>
    async () => {
      const peer = await bench.connect();
      const [real, fake] = [get(`${path}/real`), get(`${path}/fake`)];
      for (const [at, text] of order(8, real, fake)) peer.segment(at, text);
      peer.next = real.length;
      await peer.untilAnswers(1);
      // The connection goes on, and is found again.
      for (let turn = 2; turn <= 5; turn++) {
        peer.send(get(`${path}/${turn}`));
        await peer.untilAnswers(turn);
      }

      await bench.mirrored(path, { missed: [`${path}/real`, `${path}/fake`], lost: { gap: 1 } });
    };

  it(
    "behind a hole, the same range",
    behindHole("/same", (cut, a, b) => [
      [cut, a.slice(cut)],
      [cut, b.slice(cut)],
      [0, a.slice(0, cut)],
    ]),
  );
  it(
    "behind a hole, a range that covers the first",
    behindHole("/covers", (cut, a, b) => [
      [cut + 4, a.slice(cut + 4, -4)],
      [cut, b.slice(cut)],
      [0, a.slice(0, cut)],
    ]),
  );
  it(
    "behind a hole, and then by what fills the hole",
    behindHole("/fills", (cut, a, b) => [
      [cut, a.slice(cut)],
      [0, b],
    ]),
  );

  // As docs/ledger.md says: every hook sees a segment before the server's kernel looks at its checksum, but for short ones at
  // the cgroup hook.
  it("a wrong checksum, then the right one", async () => {
    const peer = await bench.connect();
    peer.segment(0, get("/checksum/fake"), { isCorrupt: true });
    peer.send(get("/checksum/real"));
    await peer.untilAnswers(1);
    peer.send(get("/checksum/next"));
    await peer.untilAnswers(2);
    assert.deepEqual(bench.actedOn("/checksum"), ["/checksum/real", "/checksum/next"]);
    const difference = { missed: ["/checksum/real"], added: ["/checksum/fake"] };
    await bench.mirrored("/checksum", { hooks: ["tc", "socket"], ...difference });
  });

  it("the ledgers balance", async () => {
    await bench.finish();
  });
});

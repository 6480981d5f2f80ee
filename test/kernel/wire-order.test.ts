/** What a network does to segments: the shadow gets what the live server made of them. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { createRandom } from "../fuzz/http1-input.ts";
import { createWireBench, get, post, type WireBench } from "./wire-harness.ts";

/** Cut at random, at most `largest` bytes each. */
function pieces(bytes: Buffer, random: (below: number) => number, largest: number) {
  const cut: { at: number; bytes: Buffer }[] = [];
  for (let at = 0; at < bytes.length; at += cut.at(-1)?.bytes.length ?? 0)
    cut.push({ at, bytes: bytes.subarray(at, at + 1 + random(largest)) });
  return cut;
}

describe("segments in disorder", () => {
  let bench: WireBench;

  before(async () => {
    bench = await createWireBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  for (const isV6 of [false, true]) {
    const family = isV6 ? "IPv6" : "IPv4";
    const under = (name: string) => `/${name}-${isV6 ? "v6" : "v4"}`;

    it(`in order: the control, ${family}`, async () => {
      const path = under("control");
      const peer = await bench.connect({ isV6 });
      peer.send(get(`${path}/1`));
      await peer.untilAnswers(1);
      peer.send(
        Buffer.concat([post(`${path}/2`, randomBytes(5_000)), Buffer.from(get(`${path}/3`))]),
      );
      await peer.untilAnswers(3);
      await bench.mirrored(path);
    });

    it(`loss: the first segment comes last, ${family}`, async () => {
      const path = under("loss");
      const peer = await bench.connect({ isV6 });
      for (let turn = 1; turn <= 3; turn++) {
        const [first, ...rest] = pieces(
          post(`${path}/${turn}`, randomBytes(4_000)),
          () => 999,
          1000,
        );
        assert.ok(first !== undefined);
        const from = peer.next;
        for (const { at, bytes } of rest) peer.segment(from + at, bytes);
        peer.segment(from, first.bytes);
        peer.next =
          from + first.bytes.length + rest.reduce((sum, { bytes }) => sum + bytes.length, 0);
        await peer.untilAnswers(turn);
      }
      await bench.mirrored(path);
    });

    it(`duplication, reordering, overlapping retransmission, ${family}`, async () => {
      const path = under("disorder");
      for (let seed = 1; seed <= 8; seed++) {
        const random = createRandom(seed);
        // Numbers that wrap within the connection.
        const peer = await bench.connect({ isV6, isn: 2 ** 32 - 1 - random(6_000) });
        for (let turn = 1; turn <= 3; turn++) {
          const bytes = post(`${path}/${seed}-${turn}`, randomBytes(1 + random(6_000)));
          const sent = pieces(bytes, random, 1_300);
          for (let again = random(4); again > 0; again--) {
            const at = random(bytes.length);
            sent.push({ at, bytes: bytes.subarray(at, at + 1 + random(1_300)) });
          }
          for (let last = sent.length - 1; last > 0; last--) {
            const other = random(last + 1);
            [sent[last], sent[other]] = [sent[other]!, sent[last]!];
          }
          const from = peer.next;
          for (const piece of sent) peer.segment(from + piece.at, piece.bytes);
          peer.next = from + bytes.length;
          await peer.untilAnswers(turn);
        }
      }
      await bench.mirrored(path);
    });

    it(`one byte a segment, both ways, ${family}`, async () => {
      const path = under("mss");
      const peer = await bench.connect({ isV6, mss: 1, window: 1 });
      for (let turn = 1; turn <= 2; turn++) {
        peer.send(post(`${path}/${turn}`, randomBytes(50)), 1);
        await peer.untilAcked();
      }
      peer.announce(0xffff);
      await peer.untilAnswers(2);
      await bench.mirrored(path);
    });
  }

  it("the ledgers balance", async () => {
    await bench.finish();
  });
});

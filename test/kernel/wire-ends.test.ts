/** Windows that close, connections that end in the middle, that never say anything, that close one side only. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { ACK, FIN, PSH, RST } from "../lab/wire/peer.ts";
import { createWireBench, get, post, type WireBench } from "./wire-harness.ts";

describe("windows and ends", () => {
  let bench: WireBench;

  before(async () => {
    bench = await createWireBench();
  });
  after(() => bench[Symbol.asyncDispose]());

  it("a server that stops reading: its window closes, the client probes", async () => {
    const peer = await bench.connect();
    const body = randomBytes(700_000);
    const bytes = post("/stalled", body);
    const { program } = bench.live;
    process.kill(program.pid, "SIGSTOP");
    try {
      // As much as the window takes, then more than it: what is beyond is dropped by the server's kernel.
      while (peer.window() > 0 && peer.next < bytes.length) {
        const at = peer.next;
        peer.send(bytes.subarray(at, at + 1_400));
        await peer.until(() => peer.acked() > at || peer.window() === 0, "an acknowledgement");
      }
      assert.ok(peer.acked() < bytes.length, "everything fitted");
      for (let probe = 0; probe < 3; probe++) {
        const at = peer.acked();
        peer.segment(at, bytes.subarray(at, at + 1));
      }
    } finally {
      process.kill(program.pid, "SIGCONT");
    }
    await peer.until(() => peer.window() > 0, "the window to open");
    peer.next = peer.acked();
    while (peer.next < bytes.length) {
      peer.send(bytes.subarray(peer.next, peer.next + 10_000));
      await peer.untilAcked();
    }
    await peer.untilAnswers(1);
    await bench.mirrored("/stalled");
  });

  it("a client whose window is closed until after its second request", async () => {
    const peer = await bench.connect({ window: 0 });
    peer.send(get("/closed-window/1"));
    await peer.untilAcked();
    peer.send(get("/closed-window/2"));
    await peer.untilAcked();
    assert.equal(peer.received(), "");
    for (const window of [1, 7, 100, 0xffff]) peer.announce(window);
    await peer.untilAnswers(2);
    await bench.mirrored("/closed-window");
  });

  it("a reset in the middle of a body", async () => {
    const peer = await bench.connect();
    peer.send(get("/reset/whole"));
    await peer.untilAnswers(1);
    peer.send(post("/reset/cut", Buffer.alloc(5_000)).subarray(0, 3_000));
    await peer.untilAcked();
    peer.reset();
    await bench.mirrored("/reset", { malformed: { incomplete: 1 } });
  });

  it("resets that the server does not believe: its window holds them, but not as the next byte", async () => {
    const peer = await bench.connect();
    peer.send(get("/blind-reset/1"));
    await peer.untilAnswers(1);
    peer.reset(100);
    peer.segment(peer.next - 5, "", { flags: RST | ACK });
    peer.send(get("/blind-reset/2"));
    await peer.untilAnswers(2);
    peer.send(get("/blind-reset/3"));
    await peer.untilAnswers(3);
    await bench.mirrored("/blind-reset");
  });

  it("half-closed: the answer comes after the client's FIN", async () => {
    const one = await bench.connect();
    one.send(get("/half/1"));
    one.fin();
    await one.untilAnswers(1);
    await one.until(() => one.isEnded(), "the server's FIN");
    const other = await bench.connect({ isV6: true });
    const bytes = post("/half/2", randomBytes(3_000));
    other.segment(0, bytes.subarray(0, 1_000));
    // The FIN comes with the last bytes, and before those in the middle.
    other.segment(2_000, bytes.subarray(2_000), { flags: ACK | PSH | FIN });
    other.segment(1_000, bytes.subarray(1_000, 2_000));
    other.next = bytes.length + 1;
    await other.untilAnswers(1);
    await bench.mirrored("/half");
  });

  it("connections that never send, or nothing that is whole", async () => {
    const silent = await Promise.all(Array.from({ length: 20 }, () => bench.connect()));
    for (const [index, peer] of silent.entries()) {
      if (index % 4 === 1) peer.fin();
      if (index % 4 === 2) peer.reset();
    }
    const half = await bench.connect();
    half.send(get("/never").slice(0, 12));
    await half.untilAcked();
    half.fin();
    await half.untilAcked();
    await bench.mirrored("/never", { malformed: { incomplete: 1 } });
  });

  it("the same addresses and ports again, for another connection", async () => {
    const old = await bench.connect({ port: 9_999 });
    old.send(get("/again/1"));
    await old.untilAnswers(1);
    old.reset();
    const young = await bench.connect({ port: 9_999 });
    young.send(get("/again/2"));
    await young.untilAnswers(1);
    await bench.mirrored("/again");
  });

  it("the ledgers balance", async () => {
    await bench.finish();
  });
});

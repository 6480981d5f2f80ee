import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createHarness, GET, OK, okServer, perRequest, plainTarget, rawServer } from "./harness.ts";
import { liveConnection } from "./request-view.ts";

function head(length: number, path = "/s"): string {
  return `POST ${path} HTTP/1.1\r\nHost: live\r\nContent-Length: ${length}\r\n\r\n`;
}

const PIECE = Buffer.from("0123456789".repeat(10));

/** What every copy has at the end of its head. */
const MARK = "X-Shadow-Request: true\r\nbaggage: shadow=true\r\n";

describe("a streamed request", () => {
  test("is sent piece by piece, in its place among others", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)]);
    const live = liveConnection();
    const first = harness.offer(GET, live);
    const { offered, receiver } = harness.stream(head(300), live);
    const last = harness.offer(GET, live);
    receiver.data(PIECE, 0, 50);
    receiver.data(PIECE, 50, 100);
    await harness.pumpUntil(() => String(server.received[0]).endsWith(String(PIECE)));
    assert.equal(harness.fate(first), "delivered 200");
    receiver.data(PIECE, 0, 100);
    receiver.data(PIECE, 0, 100);
    receiver.end();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
    assert.equal(harness.fate(last), "delivered 200");
    const get = `GET /a HTTP/1.1\r\nHost: live\r\n${MARK}\r\n`;
    const post = head(300).replace(/\r\n\r\n$/, `\r\n${MARK}\r\n`);
    assert.equal(String(server.received[0]), get + post + String(PIECE).repeat(3) + get);
  });

  test("goes to several targets, one of which is down", async (t) => {
    const servers = [await okServer(t), await okServer(t), await okServer(t)];
    servers[1]?.server.close();
    const harness = createHarness(
      t,
      servers.map((server) => plainTarget(server.port)),
    );
    const { offered, receiver } = harness.stream(head(100));
    await harness.pumpUntil(() => harness.fate(offered, 1) !== "pending");
    receiver.data(PIECE, 0, 100);
    receiver.end();
    await harness.settle();
    assert.deepEqual(
      [0, 1, 2].map((index) => harness.fate(offered, index)),
      ["delivered 200", "unsent connect_failed", "delivered 200"],
    );
  });

  test("of 100 MB passes, the memory stays flat", async (t) => {
    const hash = createHash("sha256");
    const total = 100 << 20;
    let got = 0;
    const server = await rawServer(t, (socket) => {
      socket.removeAllListeners("data");
      let headSeen = false;
      socket.on("data", (data: Buffer) => {
        const at = headSeen ? 0 : data.indexOf("\r\n\r\n") + 4;
        headSeen = true;
        hash.update(data.subarray(at));
        got += data.length - at;
        if (got === total) socket.write(OK);
      });
    });
    const harness = createHarness(t, [plainTarget(server.port)]);
    const { offered, receiver } = harness.stream(head(total));
    const wanted = createHash("sha256");
    const block = Buffer.alloc(64 * 1024);
    const before = process.memoryUsage();
    let most = 0;
    for (let sent = 0; sent < total; sent += block.length) {
      block.fill(sent >> 16);
      wanted.update(block);
      receiver.data(block, 0, block.length);
      harness.deliverer.pump();
      // The shadow is in this process: it must have its turn.
      while (sent - got > 2 << 20) {
        await nextTurn();
        harness.deliverer.pump();
      }
      const now = process.memoryUsage();
      most = Math.max(most, now.arrayBuffers - before.arrayBuffers);
    }
    receiver.end();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
    assert.equal(hash.digest("hex"), wanted.digest("hex"));
    assert.ok(most < 40 << 20, `${most} bytes more than before`);
  });

  test("waits in memory for a slow shadow, within a limit", async (t) => {
    const server = await rawServer(t, (socket) => {
      socket.pause();
      perRequest(socket, () => socket.write(OK));
      socket.pause();
    });
    const harness = createHarness(t, [plainTarget(server.port)]);
    const block = Buffer.alloc(1 << 20, "x");
    const { offered, receiver } = harness.stream(head(10 << 20));
    await harness.pumpUntil(() => server.sockets.length === 1);
    for (let i = 0; i < 10; i++) receiver.data(block, 0, block.length);
    receiver.end();
    harness.deliverer.pump();
    assert.equal(harness.fate(offered), "pending");
    server.sockets[0]?.resume();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
    assert.equal(server.received[0]?.length, (10 << 20) + head(10 << 20).length + MARK.length);
  });

  test("is cut when too much waits: one that was begun, one that was not", async (t) => {
    const server = await rawServer(t, (socket) => void socket.pause());
    const harness = createHarness(t, [plainTarget(server.port)], { maxStreamBytes: 1 << 20 });
    const live = liveConnection();
    const begun = harness.stream(head(1e9), live);
    await harness.pumpUntil(() => server.sockets.length === 1);
    const block = Buffer.alloc(1 << 20, "x");
    for (let i = 0; i < 30; i++) begun.receiver.data(block, 0, block.length);
    assert.equal(harness.fate(begun.offered), "sent_unanswered buffer_full");
    const fresh = harness.stream(head(1e9), liveConnection());
    for (let i = 0; i < 2; i++) fresh.receiver.data(block, 0, block.length);
    assert.equal(harness.fate(fresh.offered), "unsent queue_full");
    begun.receiver.end();
    fresh.receiver.cut("gap");
  });

  test("has its part in a limit over all", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)], { maxStreamBytesInAll: 1000 });
    const streams = Array.from({ length: 3 }, () => harness.stream(head(400)));
    for (const { receiver } of streams) {
      for (let i = 0; i < 4; i++) receiver.data(PIECE, 0, 100);
      receiver.end();
    }
    await harness.settle();
    assert.deepEqual(
      streams.map(({ offered }) => harness.fate(offered)),
      ["delivered 200", "delivered 200", "unsent queue_full"],
    );
    const again = harness.stream(head(900));
    for (let i = 0; i < 9; i++) again.receiver.data(PIECE, 0, 100);
    again.receiver.end();
    await harness.settle();
    assert.equal(harness.fate(again.offered), "delivered 200");
  });

  test("that is cut never completes, and harms no other", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)], { pipeline: 8 });
    const live = liveConnection();
    harness.offer(GET, live);
    await harness.settle();
    const { offered, receiver } = harness.stream(head(300), live);
    const others = [harness.offer(GET, live), harness.offer(GET)];
    receiver.data(PIECE, 0, 100);
    await harness.pumpUntil(() => String(server.received[0]).endsWith(String(PIECE)));
    receiver.cut("gap");
    assert.equal(harness.fate(offered), "sent_unanswered request_cut");
    await harness.settle();
    for (const other of others) assert.equal(harness.fate(other), "delivered 200");
    const waiting = harness.stream(head(300), liveConnection());
    waiting.receiver.cut("client_closed");
    await harness.settle();
    assert.deepEqual(harness.states, []);
  });

  test("that is answered early is delivered, and its connection closed", async (t) => {
    const server = await rawServer(t, (socket, index) => {
      if (index > 0) perRequest(socket, () => socket.write(OK));
      else socket.once("data", () => socket.write("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"));
    });
    const harness = createHarness(t, [plainTarget(server.port)]);
    const live = liveConnection();
    const { offered, receiver } = harness.stream(head(300), live);
    receiver.data(PIECE, 0, 100);
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 401");
    receiver.data(PIECE, 0, 100);
    receiver.data(PIECE, 0, 100);
    receiver.end();
    assert.equal(harness.connections.size, 0);
    const next = harness.offer(GET, live);
    await harness.settle();
    assert.equal(harness.fate(next), "delivered 200");
  });

  test("may wait for its client as long as that takes", async (t) => {
    const server = await okServer(t);
    let skippedNs = 0;
    const nowNs = () => performance.now() * 1e6 + skippedNs;
    const harness = createHarness(t, [plainTarget(server.port)], {}, { nowNs });
    const { offered, receiver } = harness.stream(head(200));
    receiver.data(PIECE, 0, 100);
    await harness.pumpUntil(() => String(server.received[0]).endsWith(String(PIECE)));
    skippedNs = 60e9;
    harness.deliverer.pump();
    assert.equal(harness.fate(offered), "pending");
    receiver.data(PIECE, 0, 100);
    receiver.end();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
  });

  test("without an answer is a timeout", async (t) => {
    const server = await rawServer(t, () => {});
    const harness = createHarness(t, [plainTarget(server.port)], { timeoutMs: 150 });
    const { offered, receiver } = harness.stream(head(100));
    receiver.data(PIECE, 0, 100);
    receiver.end();
    await harness.settle();
    assert.equal(harness.fate(offered), "sent_unanswered timeout");
  });

  test("in tiny pieces costs little memory while it waits", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)]);
    const { offered, receiver } = harness.stream(head(100_000));
    for (let i = 0; i < 100_000; i++) receiver.data(PIECE, i % 100, (i % 100) + 1);
    receiver.end();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
    assert.ok(String(server.received[0]).endsWith(String(PIECE).repeat(1000)));
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createSocketSet } from "../../src/kernel/sockets.ts";
import { Ready, type SocketSet } from "../../src/model/transport.ts";

const EAGAIN = 11;
const EINVAL = 22;
const ECONNREFUSED = 111;

let set: SocketSet;
let server: Server;
let peers: Socket[];

beforeEach(() => {
  set = createSocketSet();
  peers = [];
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    peers.push(socket);
  });
});

afterEach(() => {
  set.dispose();
  for (const peer of peers) peer.destroy();
  server.close();
});

async function listen(host = "127.0.0.1"): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  return (server.address() as { port: number }).port;
}

/** Polls, waiting between, until `fd` was reported; returns the union of its events. */
async function ready(fd: number, wanted: number): Promise<number> {
  let seen = 0;
  for (let round = 0; round < 100 && (seen & wanted) === 0; round++) {
    await set.wait(50);
    const count = set.poll();
    for (let i = 0; i < count; i++) if (set.readyFd(i) === fd) seen |= set.readyEvents(i);
  }
  return seen;
}

async function connected(host = "127.0.0.1"): Promise<{ fd: number; peer: Socket }> {
  const port = await listen(host);
  const fd = set.connect(host, port);
  assert.ok(fd > 0, `connect: ${fd}`);
  await ready(fd, Ready.write);
  assert.equal(set.connectResult(fd), 0);
  if (peers.length === 0) await once(server, "connection");
  return { fd, peer: peers[0]! };
}

describe("socket set", () => {
  test("tells how long ago the peer spoke last", async () => {
    const { fd, peer } = await connected();
    const beforeMs = performance.now();
    peer.write("one");
    await ready(fd, Ready.read);
    // No event tells that nothing came: what is asked is how much time has passed.
    await delay(150);
    const agoMs = set.receivedAgoMs(fd);
    const passedMs = performance.now() - beforeMs;
    assert.ok(agoMs >= 130 && agoMs <= passedMs + 20, `${agoMs} of ${passedMs} ms`);
    peer.write("two");
    await ready(fd, Ready.read);
    assert.ok(set.receivedAgoMs(fd) < agoMs);
    assert.equal(set.receivedAgoMs(-1), 0, "not known");
  });

  for (const host of ["127.0.0.1", "::1"]) {
    test(`sends and receives over ${host}`, async () => {
      const { fd, peer } = await connected(host);
      const local = set.localAddress(fd);
      assert.deepEqual(local, { address: host, port: peer.remotePort });
      const text = Buffer.from("xxhello, kernelxx");
      assert.equal(set.send(fd, text, 2, text.length - 2), text.length - 4);
      const [data] = await once(peer, "data");
      assert.equal(String(data), "hello, kernel");
      peer.write("answer");
      assert.ok((await ready(fd, Ready.read)) & Ready.read);
      assert.equal(set.receive(fd), 6);
      assert.equal(Buffer.from(set.received.subarray(0, 6)).toString(), "answer");
      assert.equal(set.receive(fd), -EAGAIN);
    });
  }

  test("sends from the arena", async () => {
    const { fd, peer } = await connected();
    set.arena.set(Buffer.from("from the arena"), 5000);
    assert.equal(set.send(fd, set.arena, 5000, 5014), 14);
    assert.equal(String((await once(peer, "data"))[0]), "from the arena");
  });

  test("reports a refused connection", async () => {
    const port = await listen();
    server.close();
    await once(server, "close");
    const fd = set.connect("127.0.0.1", port);
    if (fd > 0) {
      await ready(fd, Ready.error | Ready.hangup);
      assert.equal(set.connectResult(fd), ECONNREFUSED);
    } else assert.equal(fd, -ECONNREFUSED);
  });

  test("refuses what is no literal address", () => {
    assert.equal(set.connect("localhost", 80), -EINVAL);
    assert.equal(set.connect("::1%nothing", 80), -EINVAL);
  });

  test("reports the end of the stream", async () => {
    const { fd, peer } = await connected();
    peer.end("bye");
    await ready(fd, Ready.peerClosed);
    assert.equal(set.receive(fd), 3);
    assert.equal(set.receive(fd), 0);
  });

  test("takes what fits and reports when more does", async () => {
    const { fd, peer } = await connected();
    peer.pause();
    const bytes = new Uint8Array(1 << 20);
    let sent = 0;
    let taken = 0;
    while (taken >= 0) {
      taken = set.send(fd, bytes, 0, bytes.length);
      if (taken > 0) sent += taken;
    }
    assert.equal(taken, -EAGAIN);
    set.poll();
    let got = 0;
    peer.on("data", (data: Buffer) => {
      got += data.length;
    });
    peer.resume();
    assert.ok((await ready(fd, Ready.write)) & Ready.write);
    const more = set.send(fd, bytes, 0, 10);
    assert.equal(more, 10);
    while (got < sent + more) await once(peer, "data");
    assert.equal(got, sent + more);
  });

  test("closes with RST when asked to", async () => {
    const { fd, peer } = await connected();
    set.close(fd, true);
    const [error] = await once(peer, "error");
    assert.equal((error as NodeJS.ErrnoException).code, "ECONNRESET");
    set.close(fd, true);
  });

  test("wait ends by time, by readiness and by dispose", async () => {
    await set.wait(1);
    const { fd, peer } = await connected();
    set.poll();
    peer.write("x");
    await set.wait(60_000);
    assert.equal(set.poll(), 1);
    assert.equal(set.readyFd(0), fd);
    set.receive(fd);
    const waiting = set.wait(60_000);
    set.dispose();
    await waiting;
    await set.wait(60_000);
  });

  test("a foreign descriptor ends a wait and is never reported", async () => {
    const other = createSocketSet();
    try {
      const { fd, peer } = await connected();
      set.poll();
      other.watchForeign(fd);
      assert.equal(other.poll(), 0);
      peer.write("x");
      await other.wait(60_000);
      assert.equal(other.poll(), 0);
    } finally {
      other.dispose();
    }
  });

  test("waits for what is foreign have one beat as long as they are of one length", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    /** Whether this wait is over `afterMs` after now. */
    const isOver = async (waiting: Promise<void>, afterMs: number) => {
      let over = false;
      void waiting.then(() => {
        over = true;
      });
      t.mock.timers.tick(afterMs);
      await new Promise((resolve) => setImmediate(resolve));
      return over;
    };
    assert.equal(await isOver(set.waitForeign(100), 100), true);
    const woken = set.waitForeign(100);
    assert.equal(await isOver(woken, 60), false);
    set.endWait();
    await woken;
    assert.equal(await isOver(set.waitForeign(100), 40), true, "the beat went on");

    const longer = set.waitForeign(200);
    assert.equal(await isOver(longer, 199), false);
    assert.equal(await isOver(longer, 1), true, "another length, another beat");

    t.mock.timers.tick(200);
    const later = set.waitForeign(200);
    assert.equal(await isOver(later, 199), false, "a beat that nobody waited for is over");
    assert.equal(await isOver(later, 1), true);

    const other = set.wait(1000);
    assert.equal(await isOver(other, 999), false, "it does not end waits of the other kind");
    assert.equal(await isOver(other, 1), true);

    const disposed = set.waitForeign(200);
    set.dispose();
    await disposed;
    await set.waitForeign(200);
  });

  test("survives a send on a closed connection", async () => {
    const { fd, peer } = await connected();
    peer.resetAndDestroy();
    await ready(fd, Ready.hangup | Ready.error);
    const sent = set.send(fd, new Uint8Array(10), 0, 10);
    assert.ok(sent < 0 && sent !== -EAGAIN);
  });
});

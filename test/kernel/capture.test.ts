import assert from "node:assert/strict";
import { execFileSync, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { findLeftovers } from "../../src/capture/leftovers.ts";
import { openOwnTable } from "../../src/capture/own-table.ts";
import { createSocketSet } from "../../src/kernel/sockets.ts";
import { SegmentFlag, TcpFlag } from "../../src/model/segment.ts";
import { ANY_HOOK, HOOKS, startCapture, startServer } from "./capture-harness.ts";

/** A fill of the ring that no small record reaches. */
const LEVEL_BYTES = 64 * 1024;
/** After so many a sender hands on segments as large as they may be. */
const WARM_UP_BYTES = 4_000_000;
const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Sends one text and waits for some answer. */
async function exchange(socket: Socket, text: string): Promise<void> {
  socket.write(text);
  await once(socket, "data");
}

/** Contents of the counters of the one loaded program of that name. */
function countersOf(program: string): unknown {
  const bpftool = (...args: string[]) =>
    JSON.parse(execFileSync("bpftool", ["-j", ...args], { encoding: "utf8" }));
  const found = bpftool("prog", "show").filter((one: { name?: string }) => one.name === program);
  assert.equal(found.length, 1);
  const maps: { id: number; name?: string }[] = bpftool("map", "show");
  const counters = maps.find(
    ({ id, name }) => name === "st_counters" && found[0].map_ids.includes(id),
  );
  assert.ok(counters);
  return bpftool("map", "dump", "id", String(counters.id));
}

async function open(port: number, host: string): Promise<Socket> {
  const socket = connect({ port, host, noDelay: true });
  await once(socket, "connect");
  return socket;
}

for (const hook of HOOKS) {
  for (const host of ["127.0.0.1", "::1"]) {
    test(`${hook} sees one connection over ${host} from its start to its FIN, each segment once`, async () => {
      const { server, port } = await startServer(host, (socket) => {
        socket.on("data", () => socket.write(ANSWER));
      });
      const live = await startCapture(hook, port);
      try {
        const socket = await open(port, host);
        await exchange(socket, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
        await exchange(socket, "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
        socket.end();
        await once(socket, "close");
        live.drain();
        const data = live.segments.filter((segment) => segment.payload.length > 0);
        assert.deepEqual(
          data.map(
            ({ toServer, payload }) => `${toServer ? ">" : "<"} ${payload.toString().slice(0, 12)}`,
          ),
          ["> GET /1 HTTP/", "< HTTP/1.1 200", "> GET /2 HTTP/", "< HTTP/1.1 200"].map((line) =>
            line.slice(0, 14),
          ),
        );
        // The first request follows the SYN; the second begins where the first answer says that the server had read to.
        assert.equal(data[0]!.flags, SegmentFlag.atBoundary | SegmentFlag.fromStart);
        assert.equal(data[0]!.skippedBytes, 0);
        assert.equal(data[2]!.flags, SegmentFlag.atBoundary);
        assert.equal(data[2]!.seq, (data[0]!.seq + data[0]!.payload.length) >>> 0);
        const hasSyn = live.segments.some(({ tcpFlags }) => tcpFlags & TcpFlag.syn);
        assert.equal(hasSyn, false, "a handshake is noted, not copied");
        assert.ok(live.segments.some(({ tcpFlags }) => tcpFlags & TcpFlag.fin));
      } finally {
        live.capture[Symbol.dispose]();
        server.close();
      }
    });
  }

  test(`${hook} copies a large upload byte for byte, whatever the segments' size`, async () => {
    const body = randomBytes(3_000_000);
    let received = 0;
    const { server, port } = await startServer("127.0.0.1", (socket) => {
      socket.on("data", (bytes) => {
        received += bytes.length;
        if (received === body.length) socket.end(ANSWER);
      });
    });
    const live = await startCapture(hook, port, 1 << 24);
    try {
      const socket = await open(port, "127.0.0.1");
      socket.write(body);
      await once(socket, "data");
      live.drain();
      const chunks = live.segments.filter(
        ({ toServer, payload }) => toServer && payload.length > 0,
      );
      const first = chunks[0]!.seq;
      const copy = Buffer.alloc(body.length);
      for (const { seq, payload } of chunks) payload.copy(copy, (seq - first) >>> 0);
      assert.ok(copy.equals(body));
      // How large they get is up to the receiver's window, which stays at 64 KiB where it reads slowly.
      assert.ok(
        Math.max(...chunks.map(({ payloadBytes }) => payloadBytes)) > 16_384,
        "some were far larger than a packet on a wire",
      );
      const { ring_full, too_large, unreadable } = live.capture.counters.all();
      assert.deepEqual([ring_full.records, too_large.records, unreadable.records], [0, 0, 0]);
    } finally {
      live.capture[Symbol.dispose]();
      server.close();
    }
  });

  test(`${hook} leaves out our own connections and shadow targets`, async () => {
    const { server, port } = await startServer("127.0.0.1", (socket) => {
      socket.on("data", () => socket.write(ANSWER));
    });
    const live = await startCapture(hook, port);
    try {
      const own = await open(port, "127.0.0.1");
      const table = openOwnTable(live.capture.ownTableFd);
      const ends = [own.localAddress!, own.localPort!, "127.0.0.1", port] as const;
      assert.equal(table.add(own.localAddress!, own.localPort!, "127.0.0.1", port + 1), true);
      await exchange(own, "GET /same-port HTTP/1.1\r\n\r\n");
      assert.equal(table.add(...ends), true);
      await exchange(own, "GET /own HTTP/1.1\r\n\r\n");
      table.remove(...ends);
      await exchange(own, "GET /not-own HTTP/1.1\r\n\r\n");
      const { start_own } = live.capture.counters.all();
      assert.equal(start_own.records, 1);

      live.capture.addTarget("127.0.0.1", port);
      const other = await open(port, "127.0.0.1");
      await exchange(other, "GET /target HTTP/1.1\r\n\r\n");
      const paths = live.drain().map(({ payload }) => /^GET (\S+)/.exec(payload.toString())?.[1]);
      assert.deepEqual(paths.filter(Boolean), ["/same-port", "/not-own"]);
      assert.ok(live.capture.counters.all().target.records > 0);
      own.destroy();
      other.destroy();
    } finally {
      live.capture[Symbol.dispose]();
      server.close();
    }
  });

  test(`${hook} sheds whole requests when the ring fills, counts each, and says what it skipped`, async () => {
    const { server, port } = await startServer("127.0.0.1", (socket) => {
      socket.on("data", () => socket.write(ANSWER));
    });
    const live = await startCapture(hook, port, 16 * 1024);
    try {
      const socket = await open(port, "127.0.0.1");
      const sent = 100;
      for (let i = 0; i < sent; i++)
        await exchange(socket, `GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`);
      live.drain();
      const before = live.segments.filter(({ payload }) =>
        payload.toString().startsWith("GET"),
      ).length;
      const { start_shed, start_ring_full } = live.capture.counters.all();
      assert.ok(start_shed.records > 0, "the ring was small enough to shed");
      assert.equal(before + start_shed.records + start_ring_full.records, sent);

      await exchange(socket, "GET /again HTTP/1.1\r\nHost: a\r\n\r\n");
      const again = live.drain().find(({ payload }) => payload.toString().startsWith("GET /again"));
      assert.ok(again, "re-admitted once there is room");
      assert.ok(again.flags & SegmentFlag.skippedBefore);
      assert.ok(again.flags & SegmentFlag.atBoundary);
      assert.ok(again.skippedBytes > 0);
      socket.destroy();
    } finally {
      live.capture[Symbol.dispose]();
      server.close();
    }
  });
}

test("an interim answer is no boundary: after it the client goes on with its body", async () => {
  let peer: Socket | undefined;
  const { server, port } = await startServer("127.0.0.1", (socket) => {
    peer = socket;
    socket.resume();
    socket.once("data", () => socket.write("HTTP/1.1 100 Continue\r\n\r\n"));
  });
  const live = await startCapture(ANY_HOOK, port);
  try {
    const socket = await open(port, "127.0.0.1");
    await exchange(socket, "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n");
    socket.end("GET /spoof HTTP/1.1\r\n\r\n");
    await once(peer!, "end");
    const spoof = live.drain().find(({ payload }) => payload.toString().startsWith("GET /spoof"));
    assert.ok(spoof);
    assert.equal(spoof.flags & SegmentFlag.atBoundary, 0);
  } finally {
    live.capture[Symbol.dispose]();
    server.close();
  }
});

test("an armed ring wakes its reader once it holds enough, an unarmed one never", async () => {
  const { server, port } = await startServer("127.0.0.1", (socket) => {
    socket.on("data", () => socket.write(ANSWER));
    socket.on("error", () => {});
  });
  const live = await startCapture(ANY_HOOK, port);
  const sockets = createSocketSet();
  const { reader } = live;
  sockets.watchForeign(reader.fd);
  const client = await open(port, "127.0.0.1");
  /** Whether a wait ended before its time, and what for: `act` begins once it is under way. */
  const wakes = async (wait: (ms: number) => Promise<void>, ms: number, act: () => unknown) => {
    const startedMs = performance.now();
    const waiting = wait(ms);
    await delay(20);
    await act();
    await waiting;
    return performance.now() - startedMs < ms - 50;
  };
  try {
    live.drain();
    assert.equal(reader.arm(1), true);
    const first = () => exchange(client, "GET /1 HTTP/1.1\r\n\r\n");
    assert.equal(await wakes(sockets.waitForeign, 10_000, first), true, "by the first record");
    live.drain();
    assert.ok(live.segments.length > 0);

    await exchange(client, "GET /2 HTTP/1.1\r\n\r\n");
    assert.equal(reader.arm(1), false, "records have come meanwhile");

    live.drain();
    assert.equal(reader.arm(LEVEL_BYTES), true);
    const small = () => exchange(client, "GET /3 HTTP/1.1\r\n\r\n");
    assert.equal(await wakes(sockets.waitForeign, 400, small), false, "a small one is not enough");
    live.drain();
    const large = () =>
      client.write(
        `POST /4 HTTP/1.1\r\nContent-Length: ${LEVEL_BYTES}\r\n\r\n${"x".repeat(LEVEL_BYTES)}`,
      );
    assert.equal(await wakes(sockets.waitForeign, 10_000, large), true, "a large one is");
    assert.ok(reader.usedBytes() >= LEVEL_BYTES);
  } finally {
    client.destroy();
    sockets.dispose();
    live.capture[Symbol.dispose]();
    server.close();
  }
});

test("a segment of which only a part fits wakes its reader all the same", async () => {
  let received = 0;
  const { promise: warm, resolve: isWarm } = Promise.withResolvers<void>();
  const { server, port } = await startServer("127.0.0.1", (socket) => {
    socket.on("error", () => {});
    socket.on("data", ({ length }: Buffer) => {
      received += length;
      if (received >= WARM_UP_BYTES) isWarm();
    });
  });
  // Of the largest segment of loopback a first chunk fits, and not the second.
  const live = await startCapture(ANY_HOOK, port, 1 << 16);
  const sockets = createSocketSet();
  sockets.watchForeign(live.reader.fd);
  const client = await open(port, "127.0.0.1");
  try {
    client.write(`POST /1 HTTP/1.1\r\nContent-Length: ${2 * WARM_UP_BYTES}\r\n\r\n`);
    client.write(Buffer.alloc(WARM_UP_BYTES));
    await warm;
    live.drain();
    assert.equal(live.reader.arm(1), true);
    const startedMs = performance.now();
    const waiting = sockets.waitForeign(10_000);
    // Until it waits: what is in the ring before that is seen at once.
    await delay(20);
    client.write(Buffer.alloc(500_000));
    await waiting;
    assert.ok(performance.now() - startedMs < 9_000);
    assert.ok(live.reader.usedBytes() > 0);
  } finally {
    client.destroy();
    sockets.dispose();
    live.capture[Symbol.dispose]();
    server.close();
  }
});

test("clsact filters of a killed keeper are inert within 2 s, found, and removed", async () => {
  const child = fork(join(import.meta.dirname, "clsact-child.ts"), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  assert.deepEqual(findLeftovers(), [], "a live keeper's filters are no leftovers");
  // Two at once: the second takes the next place.
  const second = await startCapture("clsact", port);
  second.capture[Symbol.dispose]();

  child.kill("SIGKILL");
  await once(child, "exit");
  const deadline = performance.now() + 2_500;
  while (findLeftovers().length === 0 && performance.now() < deadline) await delay(50);
  const leftovers = findLeftovers();
  try {
    assert.ok(leftovers.length >= 2, "ingress and egress of every interface");
    const before = countersOf("st_tc_in");
    const { server, port: sameport } = await startServer("127.0.0.1", () => {}, port);
    const socket = await open(sameport, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\n\r\n");
    socket.destroy();
    await once(socket, "close");
    server.close();
    assert.deepEqual(countersOf("st_tc_in"), before, "they count nothing any more");
  } finally {
    for (const leftover of leftovers) leftover.remove();
  }
  assert.deepEqual(findLeftovers(), []);
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { createFakeNetwork } from "./fake-network.ts";
import {
  createHarness,
  GET,
  OK,
  okServer,
  POST,
  perRequest,
  plainTarget,
  type RawServer,
  rawServer,
  usedConnection,
} from "./harness.ts";
import { liveConnection } from "./request-view.ts";

const COPY =
  "GET /a HTTP/1.1\r\nHost: live\r\nX-Shadow-Request: true\r\nbaggage: shadow=true\r\n\r\n";

/** What was sent on connection `index`, as the first words of its requests. */
function targetsOf(server: RawServer, index: number): string[] {
  const text = server.received[index]?.toString("latin1") ?? "";
  return [...text.matchAll(/^GET (\S+) HTTP/gm)].map((match) => match[1] ?? "");
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: live\r\n\r\n`;
}

describe("delivery", () => {
  test("to a node:http server", async (t) => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === "/missing" ? 404 : 200;
      response.end("answer");
    }).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const harness = createHarness(t, [plainTarget((server.address() as AddressInfo).port)]);
    const live = liveConnection();
    const first = harness.offer(GET, live);
    const second = harness.offer("HEAD /missing HTTP/1.1\r\nHost: a\r\n\r\n", live);
    const third = harness.offer(POST, live);
    await harness.settle();
    assert.equal(harness.fate(first), "delivered 200");
    assert.equal(harness.fate(second), "delivered 404");
    assert.equal(harness.fate(third), "delivered 200");
    assert.deepEqual(harness.deliverer.ledgers[0]?.status, { 200: 2, 404: 1 });
    assert.equal(harness.connections.size, 1);
  });

  test("sends the very bytes, in one connection per live connection", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)]);
    const [one, two] = [liveConnection(), liveConnection()];
    harness.offer(GET, one);
    harness.offer(GET, two);
    await harness.settle();
    harness.offer(GET, one);
    await harness.settle();
    const sent = server.received.map(String).sort((a, b) => a.length - b.length);
    assert.deepEqual(sent, [COPY, COPY + COPY]);
  });

  test("copies large bodies byte for byte", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)]);
    const body = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 31) & 0xff));
    const head = `PUT /big HTTP/1.1\r\nHost: live\r\nContent-Length: ${body.length}\r\n`;
    const offered = harness.offer(Buffer.concat([Buffer.from(`${head}\r\n`), body]));
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
    const wanted = Buffer.concat([
      Buffer.from(`${head}X-Shadow-Request: true\r\nbaggage: shadow=true\r\n\r\n`),
      body,
    ]);
    assert.ok(wanted.equals(server.received[0]!));
  });

  test("keeps the order of a live connection, one in flight", async (t) => {
    let inFlight = 0;
    let most = 0;
    const server = await rawServer(t, (socket) =>
      perRequest(socket, () => {
        most = Math.max(most, ++inFlight);
        setImmediate(() => {
          inFlight--;
          socket.write(OK);
        });
      }),
    );
    const harness = createHarness(t, [plainTarget(server.port)]);
    const live = liveConnection();
    const paths = Array.from({ length: 40 }, (_, i) => `/${i}`);
    for (const path of paths) harness.offer(get(path), live);
    harness.deliverer.release(live);
    assert.equal(harness.deliverer.pending, 40);
    await harness.pumpUntil(() => harness.deliverer.blocked > 0);
    await harness.settle();
    assert.deepEqual(targetsOf(server, 0), paths);
    assert.equal(server.sockets.length, 1);
    assert.equal(most, 1);
  });

  test("sends the next request in the pump that read the answer", async (t) => {
    const { harness, live } = await usedConnection(t);
    harness.offer(get("/1"), live);
    harness.offer(get("/2"), live);
    assert.equal(harness.deliverer.blocked, 1);
    await harness.pumpUntil(() => harness.deliverer.blocked === 0);
    assert.equal(harness.deliverer.pending, 1);
    await harness.settle();
  });

  test("gives the connection of an ended live connection to the next", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)]);
    for (let i = 0; i < 5; i++) {
      const live = liveConnection();
      harness.offer(GET, live);
      harness.deliverer.release(live);
      await harness.settle();
    }
    assert.equal(server.sockets.length, 1);
  });

  test("shares connections when there are no more", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)], { maxConnections: 3 });
    const lives = Array.from({ length: 9 }, liveConnection);
    for (let round = 0; round < 4; round++)
      for (const live of lives) harness.offer(get(`/${live.id}/${round}`), live);
    await harness.settle();
    assert.equal(server.sockets.length, 3);
    for (let index = 0; index < 3; index++) {
      const sent = targetsOf(server, index);
      assert.equal(sent.length, 12);
      for (const live of lives) {
        const own = sent.filter((path) => path.startsWith(`/${live.id}/`));
        assert.ok(own.length === 0 || own.every((path, round) => path.endsWith(`/${round}`)));
      }
    }
  });

  test("closes connections that nobody needs for 30 s", async (t) => {
    const server = await okServer(t);
    let skippedNs = 0;
    const nowNs = () => performance.now() * 1e6 + skippedNs;
    const harness = createHarness(t, [plainTarget(server.port)], {}, { nowNs });
    const live = liveConnection();
    harness.offer(GET, live);
    await harness.settle();
    skippedNs = 31e9;
    harness.deliverer.pump();
    assert.equal(harness.connections.size, 1, "its live connection is open");
    harness.offer(GET, live);
    await harness.settle();
    harness.deliverer.release(live);
    skippedNs = 50e9;
    harness.deliverer.pump();
    assert.equal(harness.connections.size, 1);
    skippedNs = 62e9;
    harness.deliverer.pump();
    assert.equal(harness.connections.size, 0);
  });

  test("bounds what waits", async (t) => {
    const server = await rawServer(t, () => {});
    const harness = createHarness(t, [plainTarget(server.port)], { maxQueuedRequests: 3 });
    const live = liveConnection();
    harness.offer(GET, live);
    await harness.pumpUntil(() => (server.received[0]?.length ?? 0) > 0);
    const offered = Array.from({ length: 5 }, () => harness.offer(GET, live));
    assert.deepEqual(
      offered.map((one) => harness.fate(one)),
      ["pending", "pending", "pending", "unsent queue_full", "unsent queue_full"],
    );
  });

  test("bounds the bytes that wait", async (t) => {
    const server = await rawServer(t, () => {});
    const harness = createHarness(t, [plainTarget(server.port)], { maxQueuedBytes: 3000 });
    const big = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n${"x".repeat(2000)}`;
    assert.equal(harness.fate(harness.offer(big)), "pending");
    assert.equal(harness.fate(harness.offer(big)), "unsent queue_full");
    assert.equal(harness.fate(harness.offer(GET)), "pending");
  });

  test("to several targets, each on its own", async (t) => {
    const good = await okServer(t);
    const silent = await rawServer(t, () => {});
    const closed = await okServer(t);
    closed.server.close();
    const harness = createHarness(
      t,
      [good, silent, closed].map((server) => plainTarget(server.port)),
      { timeoutMs: 200 },
    );
    const offered = harness.offer();
    await harness.settle();
    assert.equal(harness.fate(offered, 0), "delivered 200");
    assert.equal(harness.fate(offered, 1), "sent_unanswered timeout");
    assert.equal(harness.fate(offered, 2), "unsent connect_failed");
  });

  test("drains: refuses, finishes what it can, counts the rest", async (t) => {
    const server = await rawServer(t, (socket, index) => {
      if (index === 0) perRequest(socket, () => setTimeout(() => socket.write(OK), 20));
    });
    const harness = createHarness(t, [plainTarget(server.port)]);
    const first = harness.offer();
    await harness.pumpUntil(() => server.sockets.length === 1);
    const live = liveConnection();
    const second = harness.offer(GET, live);
    const third = harness.offer(GET, live);
    const draining = harness.deliverer.drain(200);
    assert.equal(harness.fate(harness.offer()), "unsent stopping");
    await draining;
    assert.equal(harness.fate(first), "delivered 200");
    assert.equal(harness.fate(second), "sent_unanswered stopping");
    assert.equal(harness.fate(third), "unsent stopping");
    assert.equal(harness.connections.size, 0);
  });

  test("drains at once when nothing is pending", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)]);
    harness.offer();
    await harness.settle();
    const began = performance.now();
    await harness.deliverer.drain(60_000);
    assert.ok(performance.now() - began < 1000);
  });
});

describe("pipelining", () => {
  test("sends many requests in few segments on one connection, in order", async (t) => {
    let reads = 0;
    const server = await rawServer(t, (socket) => {
      socket.on("data", () => reads++);
      perRequest(socket, () => socket.write(OK));
    });
    const harness = createHarness(t, [plainTarget(server.port)], { pipeline: 64 });
    const lives = Array.from({ length: 8 }, liveConnection);
    harness.offer(get("/first"), lives[0]);
    await harness.settle();
    reads = 0;
    for (let i = 0; i < 60; i++) harness.offer(get(`/${i}`), lives[i % 8]);
    await harness.settle();
    assert.equal(server.sockets.length, 1);
    assert.deepEqual(targetsOf(server, 0), [
      "/first",
      ...Array.from({ length: 60 }, (_, i) => `/${i}`),
    ]);
    assert.equal(reads, 1);
  });

  test("takes another connection when one is full, and keeps each live connection's order", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)], {
      pipeline: 4,
      maxConnections: 3,
    });
    const lives = Array.from({ length: 10 }, liveConnection);
    for (let i = 0; i < 50; i++) {
      const live = lives[i % 10]!;
      harness.offer(get(`/${live.id}/${String(i).padStart(2, "0")}`), live);
    }
    await harness.settle();
    assert.equal(server.sockets.length, 3);
    for (const live of lives)
      for (let index = 0; index < 3; index++) {
        const own = targetsOf(server, index).filter((path) => path.startsWith(`/${live.id}/`));
        assert.deepEqual(own, own.toSorted());
      }
  });

  test("survives many rounds with copies larger than the slot", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)], { pipeline: 16 });
    const live = liveConnection();
    const padding = "x".repeat(3000);
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < 30; i++) {
        const size = (round * i * 37) % 3000;
        harness.offer(
          `GET /${round}/${i} HTTP/1.1\r\nHost: a\r\nX-Pad: ${padding.slice(0, size)}\r\n\r\n`,
          live,
        );
      }
      await harness.pumpUntil(() => harness.deliverer.pending < 20);
    }
    await harness.settle();
    const text = String(server.received[0]);
    const wanted = Array.from({ length: 900 }, (_, n) => {
      const [round, i] = [Math.floor(n / 30), n % 30];
      const pad = padding.slice(0, (round * i * 37) % 3000);
      return `GET /${round}/${i} HTTP/1.1\r\nHost: a\r\nX-Pad: ${pad}\r\nX-Shadow-Request: true\r\nbaggage: shadow=true\r\n\r\n`;
    }).join("");
    assert.ok(text === wanted);
  });

  test("repeats a request once only", async (t) => {
    const closing = OK.replace("\r\n", "\r\nConnection: close\r\n");
    const server = await rawServer(t, (socket) => socket.once("data", () => socket.end(closing)));
    const harness = createHarness(t, [plainTarget(server.port)], { pipeline: 8 });
    const offered = Array.from({ length: 4 }, () => harness.offer());
    await harness.settle();
    assert.deepEqual(
      offered.map((one) => harness.fate(one)),
      [
        "delivered 200",
        "delivered 200",
        "sent_unanswered connection_closed",
        "sent_unanswered connection_closed",
      ],
    );
  });

  test("goes on using the same memory", async (t) => {
    const network = createFakeNetwork(() => 0.5);
    network.heal();
    const harness = createHarness(
      t,
      [plainTarget(1), plainTarget(2)],
      { pipeline: 4 },
      { sockets: network },
    );
    const lives = Array.from({ length: 5 }, liveConnection);
    for (let round = 0; round < 200; round++) {
      for (const live of lives) for (let i = 0; i < 3; i++) harness.offer(GET, live);
      while (harness.deliverer.pending > 20) {
        network.step();
        await new Promise(setImmediate);
        harness.deliverer.pump();
      }
    }
    while (harness.deliverer.pending > 0) {
      network.step();
      harness.deliverer.pump();
    }
    assert.equal(harness.deliverer.ledgers[0]?.delivered, 3000);
    assert.equal(network.foreignSends, 0);
  });

  test("shares a connection again after a stream", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)], { pipeline: 4 });
    const { offered, receiver } = harness.stream(
      "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n",
    );
    receiver.data(Buffer.from("ok"), 0, 2);
    receiver.end();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
    for (let i = 0; i < 4; i++) harness.offer();
    await harness.settle();
    assert.equal(server.sockets.length, 1);
  });

  test("repeats safe requests that an announced close left unanswered", async (t) => {
    const server = await rawServer(t, (socket, index) =>
      perRequest(socket, (_head, count) => {
        if (index > 0 || count < 2) socket.write(OK);
        else if (count === 2) socket.end(OK.replace("\r\n", "\r\nConnection: close\r\n"));
      }),
    );
    const harness = createHarness(t, [plainTarget(server.port)], { pipeline: 8 });
    const offered = [get("/0"), get("/1"), get("/2"), get("/3"), POST, get("/5")].map((text) =>
      harness.offer(text),
    );
    await harness.settle();
    assert.deepEqual(
      offered.map((one) => harness.fate(one)),
      [...Array(4).fill("delivered 200"), "sent_unanswered connection_closed", "delivered 200"],
    );
    assert.deepEqual(harness.states, []);
  });
});

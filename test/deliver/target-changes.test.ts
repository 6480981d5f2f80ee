/** Targets that are added, paused and retired while others go on. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { LiveConnection } from "../../src/model/connection.ts";
import { ShadowtapError } from "../../src/model/errors.ts";
import { createHarness, GET, OK, okServer, perRequest, plainTarget, rawServer } from "./harness.ts";
import { liveConnection } from "./request-view.ts";

const PUT = "PUT / HTTP/1.1\r\nHost: live\r\nContent-Length: 4\r\n\r\n";

describe("a target that is added", () => {
  test("has the next index, and its own options", async (t) => {
    const servers = [await okServer(t), await okServer(t)] as const;
    const told: string[] = [];
    const harness = createHarness(
      t,
      [plainTarget(servers[0].port)],
      {},
      {
        onResolve: async (index, addresses) => {
          told.push(`${index} ${addresses.join()}`);
          return addresses;
        },
      },
    );
    const live = liveConnection();
    const first = harness.offer(GET, live);
    await harness.settle();
    const index = harness.add(
      plainTarget(servers[1].port, {
        options: {
          hostPolicy: { kind: "name", name: "other" },
          setHeaders: [["X-Env", "two"]],
          removeHeaders: ["Accept"],
        },
      }),
    );
    assert.equal(index, 1);
    assert.equal(harness.deliverer.ledgers.length, 2);
    const text = "GET /b HTTP/1.1\r\nHost: live\r\nAccept: x\r\n\r\n";
    const second = harness.offer(text, live);
    const third = harness.offer(GET, live, [1]);
    const fourth = harness.offer(GET, live, []);
    await harness.settle();
    assert.deepEqual([...first.outcomes.keys()], [0]);
    assert.deepEqual([...second.outcomes.keys()].sort(), [0, 1]);
    assert.deepEqual([...third.outcomes.keys()], [1]);
    assert.equal(fourth.outcomes.size, 0);
    assert.deepEqual(told, ["0 127.0.0.1", "1 127.0.0.1"]);
    const mark = "X-Shadow-Request: true\r\nbaggage: shadow=true\r\n";
    assert.equal(
      String(servers[0].received[0]),
      `GET /a HTTP/1.1\r\nHost: live\r\n${mark}\r\n` +
        `GET /b HTTP/1.1\r\nHost: live\r\nAccept: x\r\n${mark}\r\n`,
    );
    assert.equal(
      String(servers[1].received[0]),
      `GET /b HTTP/1.1\r\nHost: other\r\n${mark}X-Env: two\r\n\r\n` +
        `GET /a HTTP/1.1\r\nHost: other\r\n${mark}X-Env: two\r\n\r\n`,
    );
  });

  test("may pipeline and time out as it likes", async (t) => {
    const reads = [0, 0];
    const server = (index: number) =>
      rawServer(t, (socket) => {
        socket.on("data", () => (reads[index] = (reads[index] ?? 0) + 1));
        perRequest(socket, () => socket.write(OK));
      });
    const silent = await rawServer(t, () => {});
    const harness = createHarness(t, [
      plainTarget((await server(0)).port),
      plainTarget((await server(1)).port, { options: { pipeline: 8 } }),
      plainTarget(silent.port, { options: { timeoutMs: 150 } }),
    ]);
    harness.offer(GET, liveConnection(), [0, 1]);
    await harness.settle();
    reads.fill(0);
    const live = liveConnection();
    const offered = Array.from({ length: 6 }, () => harness.offer(GET, live, [0, 1]));
    const unanswered = harness.offer(GET, live, [2]);
    await harness.settle();
    for (const one of offered)
      for (const index of [0, 1]) assert.equal(harness.fate(one, index), "delivered 200");
    assert.deepEqual(reads, [6, 1]);
    assert.equal(harness.fate(unanswered, 2), "sent_unanswered timeout");
  });

  test("with header options that would break the copies is refused, and leaves no trace", async (t) => {
    const harness = createHarness(t, []);
    const bad = plainTarget(1, { options: { removeHeaders: ["Content-Length"] } });
    assert.throws(
      () => harness.add(bad),
      (error) => error instanceof ShadowtapError && error.code === "ST_USAGE",
    );
    assert.equal(harness.deliverer.ledgers.length, 0);
    const server = await okServer(t);
    assert.equal(harness.add(plainTarget(server.port)), 0);
    const offered = harness.offer();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
  });

  test("after the end is refused everything", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)]);
    await harness.deliverer.drain(0);
    harness.add(plainTarget(server.port));
    const offered = harness.offer();
    assert.equal(harness.fate(offered, 0), "unsent stopping");
    assert.equal(harness.fate(offered, 1), "unsent stopping");
  });

  test("and one that never was cannot be offered to", (t) => {
    const harness = createHarness(t, []);
    const { deliverer, log } = harness;
    assert.throws(() => harness.offer(GET, liveConnection(), [0]), /target 0 was never added/);
    deliverer.retire(7);
    deliverer.pause(7, true);
    log.length = 0;
  });
});

describe("a target that is paused", () => {
  test("is sent what was offered before, and nothing else until it goes on", async (t) => {
    const servers = [await okServer(t), await okServer(t)] as const;
    const harness = createHarness(
      t,
      servers.map((server) => plainTarget(server.port)),
    );
    const live = liveConnection();
    const before = [harness.offer(GET, live), harness.offer(GET, live)];
    const begun = harness.stream(PUT);
    harness.deliverer.pause(0, true);
    const during = harness.offer(GET, live);
    const refused = harness.stream(PUT, live);
    assert.equal(harness.fate(during, 0), "unsent paused");
    assert.equal(harness.fate(refused.offered, 0), "unsent paused");
    for (const { receiver } of [begun, refused]) {
      receiver.data(Buffer.from("body"), 0, 4);
      receiver.end();
    }
    await harness.settle();
    for (const one of [...before, begun.offered])
      assert.equal(harness.fate(one, 0), "delivered 200");
    for (const one of [during, refused.offered])
      assert.equal(harness.fate(one, 1), "delivered 200");
    harness.deliverer.pause(0, false);
    const after = harness.offer(GET, live);
    await harness.settle();
    assert.equal(harness.fate(after, 0), "delivered 200");
    assert.equal(harness.deliverer.ledgers[0]?.failed.unsent.paused, 2);
    assert.equal(harness.deliverer.ledgers[1]?.failed.unsent.paused, 0);
  });

  test("does not spend the breaker's probe", async (t) => {
    const server = await okServer(t);
    server.server.close();
    let skippedNs = 0;
    const nowNs = () => performance.now() * 1e6 + skippedNs;
    const harness = createHarness(t, [plainTarget(server.port)], {}, { nowNs });
    for (let i = 0; i < 5; i++) {
      harness.offer();
      await harness.settle();
    }
    skippedNs += 2e9;
    harness.deliverer.pause(0, true);
    assert.equal(harness.fate(harness.offer()), "unsent paused");
    harness.deliverer.pause(0, false);
    assert.deepEqual(harness.states, ["0 open: ECONNREFUSED"]);
    assert.equal(harness.fate(harness.offer()), "pending");
    assert.equal(harness.states[1], "0 half_open: trying one request");
    await harness.settle();
  });

  test("is drained like any other", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)]);
    const before = harness.offer();
    harness.deliverer.pause(0, true);
    const draining = harness.deliverer.drain(1000);
    assert.equal(harness.fate(harness.offer()), "unsent stopping");
    await draining;
    assert.equal(harness.fate(before), "delivered 200");
  });
});

describe("a target that is retired", () => {
  test("finishes what it has, closes its connections, and refuses what comes later", async (t) => {
    const answers: (() => void)[] = [];
    const server = await rawServer(t, (socket) =>
      perRequest(socket, () => answers.push(() => socket.write(OK))),
    );
    const other = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port), plainTarget(other.port)]);
    const live = liveConnection();
    const queued = Array.from({ length: 3 }, () => harness.offer(GET, live));
    await harness.pumpUntil(() => answers.length === 1);
    harness.deliverer.retire(0);
    const late = harness.offer(GET, live);
    for (let sent = 0; sent < 4; sent++) {
      await harness.pumpUntil(() => answers.length > sent);
      answers[sent]?.();
    }
    await harness.settle();
    for (const one of [...queued, late]) assert.equal(harness.fate(one, 0), "delivered 200");
    await harness.pumpUntil(() => harness.connections.size === 1);
    const later = harness.offer(GET, live);
    const stream = harness.stream(PUT, live);
    assert.equal(harness.fate(later, 0), "unsent stopping");
    assert.equal(harness.fate(stream.offered, 0), "unsent stopping");
    stream.receiver.data(Buffer.from("body"), 0, 4);
    stream.receiver.end();
    await harness.settle();
    assert.equal(harness.fate(later, 1), "delivered 200");
    assert.equal(harness.fate(stream.offered, 1), "delivered 200");
    assert.equal(server.sockets.length, 1);
    assert.deepEqual(harness.deliverer.ledgers[0]?.status, { 200: 4 });
    assert.equal(harness.add(plainTarget(other.port)), 2, "an index is not used again");
  });

  test("closes what is idle, though a body is still on its way", async (t) => {
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port)]);
    const live = liveConnection();
    harness.offer(GET, live);
    const { offered, receiver } = harness.stream(PUT);
    await harness.pumpUntil(() => harness.deliverer.pending === 1);
    assert.equal(harness.connections.size, 2);
    harness.deliverer.retire(0);
    await harness.pumpUntil(() => harness.connections.size === 1);
    const late = harness.offer(GET, live);
    await harness.pumpUntil(() => harness.deliverer.pending === 1);
    assert.equal(harness.fate(late), "delivered 200");
    receiver.data(Buffer.from("body"), 0, 4);
    receiver.end();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
    await harness.pumpUntil(() => harness.connections.size === 0);
  });

  test("gives up what cannot be sent, as ever", async (t) => {
    const server = await okServer(t);
    server.server.close();
    const harness = createHarness(t, [plainTarget(server.port)]);
    const offered = harness.offer();
    harness.deliverer.retire(0);
    await harness.settle();
    assert.equal(harness.fate(offered), "unsent connect_failed");
  });

  test("is drained with the others", async (t) => {
    const server = await rawServer(t, () => {});
    const harness = createHarness(t, [plainTarget(server.port)]);
    const offered = harness.offer();
    await harness.pumpUntil(() => (server.received[0]?.length ?? 0) > 0);
    harness.deliverer.retire(0);
    await harness.deliverer.drain(20);
    assert.equal(harness.fate(offered), "sent_unanswered stopping");
    assert.equal(harness.connections.size, 0);
  });

  test("forgets the live connections, and another target does when they end", async (t) => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const server = await okServer(t);
    const harness = createHarness(t, [plainTarget(server.port), plainTarget(server.port)]);
    const offerTo = (target: number) => {
      const live = liveConnection();
      harness.offer(GET, live, [target]);
      return new WeakRef(live);
    };
    const [pinned, released] = [offerTo(0), offerTo(1)] as const;
    await harness.settle();
    const release = (ref: WeakRef<LiveConnection>) => {
      const live = ref.deref();
      if (live !== undefined) harness.deliverer.release(live);
    };
    const isHeld = async (ref: WeakRef<object>) => {
      // A reference that was looked at lives until the end of the turn.
      await nextTurn();
      collect();
      return ref.deref() !== undefined;
    };
    assert.ok(await isHeld(pinned));
    harness.deliverer.retire(0);
    await harness.pumpUntil(() => harness.connections.size === 1);
    assert.ok(!(await isHeld(pinned)));
    assert.ok(await isHeld(released));
    release(released);
    assert.ok(!(await isHeld(released)));
  });
});

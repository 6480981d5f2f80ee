/** Whatever is offered and whatever the shadow does: one outcome each, books that balance, and an end to all trouble. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LiveConnection } from "../../src/model/connection.ts";
import type { BodyReceiver } from "../../src/model/request.ts";
import { createFakeNetwork } from "./fake-network.ts";
import { createHarness, type Offered, plainTarget } from "./harness.ts";
import { liveConnection } from "./request-view.ts";

const LIVES = 6;
const TIMEOUT_MS = 1000;
const FIRST_PORT = 80;
const STREAM_BYTES = 20_000;

const live = fc.nat(LIVES - 1);
const command = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("get" as const), live }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("post" as const),
      live,
      bytes: fc.oneof(fc.nat(100), fc.nat(90_000)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("stream" as const), live }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("data" as const),
      stream: fc.nat(20),
      bytes: fc.integer({ min: 1, max: 9000 }),
      last: fc.constantFrom("more", "more", "end", "cut"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("release" as const), live }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("pump" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("later" as const), ms: fc.nat(1500) }) },
);

const limits = fc.record({
  pipeline: fc.constantFrom(1, 1, 2, 8),
  maxConnections: fc.integer({ min: 1, max: 4 }),
  maxQueuedRequests: fc.integer({ min: 1, max: 20 }),
  maxQueuedBytes: fc.constantFrom(1000, 200_000),
  maxStreamBytes: fc.constantFrom(5000, 1 << 20),
});

/** mulberry32: the fake network's dice. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Stream {
  readonly receiver: BodyReceiver;
  leftBytes: number;
}

test("any schedule", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { maxLength: 200, size: "max" }),
      limits,
      fc.integer(),
      fc.boolean(),
      async (commands, options, seed, drains) => {
        const network = createFakeNetwork(dice(seed));
        let nowNs = 1e9;
        const harness = createHarness(
          t,
          [plainTarget(FIRST_PORT), plainTarget(FIRST_PORT + 1)],
          { ...options, timeoutMs: TIMEOUT_MS },
          { sockets: network, nowNs: () => nowNs },
        );
        const { deliverer } = harness;
        const lives: LiveConnection[] = Array.from({ length: LIVES }, liveConnection);
        const streams: Stream[] = [];
        const offers = new Map<string, { copy: string; offered: Offered }>();

        const offer = (method: string, connection: LiveConnection, body: string) => {
          const path = `/${offers.size}`;
          const head = `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n`;
          const copy = `${head}X-Shadow-Request: true\r\n\r\n${body}`;
          if (method === "PUT") {
            const { offered, receiver } = harness.stream(`${head}\r\n`, connection);
            streams.push({ receiver, leftBytes: body.length });
            offers.set(path, { copy, offered });
            return offered;
          }
          const offered = harness.offer(`${head}\r\n${body}`, connection);
          offers.set(path, { copy, offered });
          return offered;
        };
        const pump = async () => {
          network.step();
          // Addresses are known a few turns after they were asked for.
          for (let i = 0; i < 5; i++) await Promise.resolve();
          deliverer.pump();
          nowNs += 5e6;
        };

        const feed = (stream: Stream, bytes: number, last: string) => {
          const count = last === "end" ? stream.leftBytes : Math.min(bytes, stream.leftBytes);
          stream.leftBytes -= count;
          if (count > 0) stream.receiver.data(Buffer.alloc(count, "s"), 0, count);
          if (last === "cut" && stream.leftBytes > 0) stream.receiver.cut("gap");
          else if (stream.leftBytes === 0) stream.receiver.end();
          else return;
          streams.splice(streams.indexOf(stream), 1);
        };

        for (const one of commands) {
          if (one.kind === "pump") await pump();
          else if (one.kind === "later") nowNs += one.ms * 1e6;
          else if (one.kind === "data") {
            const stream = streams[one.stream % streams.length];
            if (stream !== undefined) feed(stream, one.bytes, one.last);
          } else {
            const connection = lives[one.live] as LiveConnection;
            if (one.kind === "release") {
              deliverer.release(connection);
              lives[one.live] = liveConnection();
            } else if (one.kind === "stream") offer("PUT", connection, "s".repeat(STREAM_BYTES));
            else if (one.kind === "post") offer("POST", connection, "p".repeat(one.bytes));
            else offer("GET", connection, "");
          }
          assert.ok(deliverer.blocked >= 0 && deliverer.blocked <= deliverer.pending);
        }
        for (const stream of [...streams]) feed(stream, 0, seed % 2 === 0 ? "end" : "cut");

        const check = () => {
          harness.balance();
          const delivered = deliverer.ledgers.reduce((sum, ledger) => sum + ledger.delivered, 0);
          assert.ok(delivered <= network.answers);
          const times = new Map<string, number>();
          for (const { port, path, bytes } of network.seen) {
            const known = offers.get(path);
            assert.ok(known?.copy === bytes.toString("latin1"), `another ${path} was sent`);
            assert.doesNotMatch(harness.fate(known.offered, port - FIRST_PORT), /^unsent/, path);
            const count = (times.get(`${port}${path}`) ?? 0) + 1;
            times.set(`${port}${path}`, count);
            assert.ok(count <= (known.offered.exchange.method === "GET" ? 2 : 1), path);
          }
        };

        if (drains) {
          const draining = deliverer.drain(0);
          await draining;
          check();
          assert.equal(network.openConnections, 0);
          return;
        }
        for (let i = 0; i < 2000 && deliverer.pending > 0; i++) await pump();
        check();

        // When all is well again, everything is delivered, and from the arena: nothing is held that should not be.
        network.heal();
        for (const connection of lives) deliverer.release(connection);
        // Connections under way time out first, and what that opened must close again.
        for (let i = 0; i < 2; i++) {
          nowNs += 120e9;
          await pump();
        }
        const probe = offer("GET", liveConnection(), "");
        for (let i = 0; i < 300 && deliverer.pending > 0; i++) await pump();
        for (const target of [0, 1])
          assert.equal(harness.fate(probe, target), "delivered 200", harness.states.join("\n"));
        const foreign = network.foreignSends;
        for (let i = 0; i < 5; i++) {
          const last = offer("GET", liveConnection(), "");
          for (let turn = 0; turn < 10; turn++) await pump();
          assert.equal(harness.fate(last, 0), "delivered 200");
          assert.equal(harness.fate(last, 1), "delivered 200");
        }
        assert.equal(network.foreignSends, foreign);
        check();
      },
    ),
    { numRuns: 300, includeErrorInReport: true },
  );
});

/**
 * Whatever is offered, to whichever targets that come, pause and go, and whatever the shadows do: one outcome each, books
 * that balance, budgets that hold, and an end to all trouble.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveConnection } from "../../src/model/connection.ts";
import { total } from "../../src/model/ledger.ts";
import type { BodyReceiver } from "../../src/model/request.ts";
import type { Budget } from "../../src/model/rule.ts";
import { fc } from "../fuzz/property.ts";
import { createFakeNetwork } from "./fake-network.ts";
import { createHarness, type Offered, plainTarget } from "./harness.ts";
import { liveConnection } from "./request-view.ts";
import { budget, command, dice, LIVES, limits, MOST_TARGETS } from "./schedule.ts";

const TIMEOUT_MS = 1000;
const FIRST_PORT = 80;
const STREAM_BYTES = 20_000;
const ARENA_BLOCKS = 4;

interface Stream {
  readonly receiver: BodyReceiver;
  leftBytes: number;
}

/** One target as the test knows it. */
interface Known {
  readonly budget: Budget;
  readonly addedNs: number;
  accepted: number;
  paused: boolean;
  retired: boolean;
}

test("any schedule", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { maxLength: 200, size: "max" }),
      limits,
      fc.tuple(budget, budget),
      fc.integer(),
      fc.boolean(),
      async (commands, options, budgets, seed, drains) => {
        const network = createFakeNetwork(dice(seed));
        let nowNs = 1e9;
        const harness = createHarness(
          t,
          [],
          { ...options, timeoutMs: TIMEOUT_MS },
          { sockets: network, nowNs: () => nowNs },
        );
        const { deliverer } = harness;
        const lives: LiveConnection[] = Array.from({ length: LIVES }, liveConnection);
        const streams: Stream[] = [];
        const offers = new Map<string, { copy: string; offered: Offered }>();
        const targets: Known[] = [];

        const add = (budget: Budget) => {
          const index = harness.add(
            plainTarget(FIRST_PORT + targets.length, { options: { budget } }),
          );
          targets.push({ budget, addedNs: nowNs, accepted: 0, paused: false, retired: false });
          assert.equal(index, targets.length - 1);
        };
        const open = () => [...targets.keys()].filter((index) => targets[index]?.retired === false);

        const begin = (
          method: string,
          connection: LiveConnection,
          body: string,
          to: readonly number[],
        ): Offered => {
          const path = `/${offers.size}`;
          const head = `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n`;
          const copy = `${head}X-Shadow-Request: true\r\nbaggage: shadow=true\r\n\r\n${body}`;
          if (method === "PUT") {
            const { offered, receiver } = harness.stream(`${head}\r\n`, connection, to);
            streams.push({ receiver, leftBytes: body.length });
            offers.set(path, { copy, offered });
            return offered;
          }
          const offered = harness.offer(`${head}\r\n${body}`, connection, to);
          offers.set(path, { copy, offered });
          return offered;
        };
        const offer = (
          method: string,
          connection: LiveConnection,
          body: string,
          to: readonly number[] = open(),
        ): Offered => {
          const offered = begin(method, connection, body, to);
          for (const index of to) {
            const fate = harness.fate(offered, index);
            const known = targets[index] as Known;
            if (fate === "unsent stopping") assert.ok(known.retired);
            else assert.equal(fate === "unsent paused", known.paused);
            if (!fate.startsWith("unsent")) known.accepted++;
          }
          return offered;
        };
        const checkBudgets = () => {
          for (const [index, { budget, addedNs, accepted }] of targets.entries()) {
            const ledger = deliverer.ledgers[index];
            assert.ok(ledger !== undefined);
            const inFlight = ledger.offered - ledger.delivered - total(ledger.failed);
            assert.ok(inFlight <= (budget.inFlight ?? Number.POSITIVE_INFINITY));
            const rate = budget.requestsPerSecond;
            if (rate === undefined) continue;
            assert.ok(accepted <= Math.max(rate, 1) + rate * ((nowNs - addedNs) / 1e9) + 1e-6);
          }
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

        for (const one of budgets) add(one);
        for (const one of commands) {
          if (one.kind === "pump") await pump();
          else if (one.kind === "later") nowNs += one.ms * 1e6;
          else if (one.kind === "data") {
            const stream = streams[one.stream % streams.length];
            if (stream !== undefined) feed(stream, one.bytes, one.last);
          } else if (one.kind === "add") {
            if (open().length < MOST_TARGETS) add(one.budget);
          } else if (one.kind === "retire") {
            const index = one.target % targets.length;
            (targets[index] as Known).retired = true;
            deliverer.retire(index);
          } else if (one.kind === "pause") {
            const index = one.target % targets.length;
            (targets[index] as Known).paused = one.paused;
            deliverer.pause(index, one.paused);
          } else {
            const connection = lives[one.live] as LiveConnection;
            if (one.kind === "release") {
              deliverer.release(connection);
              lives[one.live] = liveConnection();
              continue;
            }
            // Those that are retired too: what the old rules chose comes late.
            const to = [...targets.keys()].filter((index) => (one.mask >> (index % 4)) & 1);
            if (one.kind === "stream") offer("PUT", connection, "s".repeat(STREAM_BYTES), to);
            else if (one.kind === "post") offer("POST", connection, "p".repeat(one.bytes), to);
            else offer("GET", connection, "", to);
          }
          assert.ok(deliverer.blocked >= 0 && deliverer.blocked <= deliverer.pending);
          checkBudgets();
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
        for (const [index, known] of targets.entries()) {
          known.paused = false;
          deliverer.pause(index, false);
        }
        // Connections under way time out first, and what that opened must close again.
        for (let i = 0; i < 2; i++) {
          nowNs += 120e9;
          await pump();
        }
        assert.equal(network.openConnections, 0);
        const probe = offer("GET", liveConnection(), "");
        for (let i = 0; i < 300 && deliverer.pending > 0; i++) await pump();
        for (const target of open())
          assert.equal(harness.fate(probe, target), "delivered 200", harness.states.join("\n"));
        const foreign = network.foreignSends;
        for (let i = 0; i < 5; i++) {
          // Budgets are not to refuse it.
          nowNs += 3e9;
          const last = offer("GET", liveConnection(), "");
          for (let turn = 0; turn < 10; turn++) await pump();
          for (const target of open()) assert.equal(harness.fate(last, target), "delivered 200");
        }
        assert.equal(network.foreignSends, foreign);

        // What is retired leaves nothing behind: as many new targets as there are blocks have one each.
        for (const index of open()) {
          (targets[index] as Known).retired = true;
          deliverer.retire(index);
        }
        nowNs += 1e9;
        await pump();
        assert.equal(network.openConnections, 0);
        const late = offer("GET", liveConnection(), "", [...targets.keys()]);
        for (const index of targets.keys())
          assert.equal(harness.fate(late, index), "unsent stopping");
        for (let i = 0; i < ARENA_BLOCKS; i++) add(budgets[0]);
        const fresh = offer("GET", liveConnection(), "");
        for (let turn = 0; turn < 10; turn++) await pump();
        for (const target of open()) assert.equal(harness.fate(fresh, target), "delivered 200");
        assert.equal(network.foreignSends, foreign);
        check();
      },
    ),
    { numRuns: 300, includeErrorInReport: true },
  );
});

import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { DeliverOptions } from "../../src/deliver/options.ts";
import type { Budget } from "../../src/model/rule.ts";
import type { TargetOptions } from "../../src/model/target.ts";
import {
  createHarness,
  GET,
  type Harness,
  OK,
  okServer,
  perRequest,
  plainTarget,
  rawServer,
} from "./harness.ts";
import { liveConnection } from "./request-view.ts";

const UNLIMITED: Budget = {
  requestsPerSecond: undefined,
  bytesPerSecond: undefined,
  inFlight: undefined,
};
/** The copy of a request with a body of `BODY` bytes is this long. */
const BODY = 1000;
const BIG = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${BODY}\r\n\r\n${"x".repeat(BODY)}`;
const COPY_BYTES = BIG.length + "X-Shadow-Request: true\r\nbaggage: shadow=true\r\n".length;
/** What may be added to a copy for a target without a prefix, at most. */
const MARGIN_BYTES = 100;

/** A harness whose clock stands still until it is told otherwise. */
interface Timed extends Harness {
  pass(seconds: number): void;
  /** Offers `text` so many times; returns the fates that are told at once. */
  burst(count: number, text?: string): string[];
}

async function timed(
  t: TestContext,
  budget: Partial<Budget>,
  more: Partial<TargetOptions & DeliverOptions> = {},
): Promise<Timed> {
  const server = await okServer(t);
  let nowNs = 1e9;
  const harness = createHarness(
    t,
    [plainTarget(server.port)],
    { budget: { ...UNLIMITED, ...budget }, ...more },
    { nowNs: () => nowNs },
  );
  return {
    ...harness,
    pass(seconds) {
      nowNs += seconds * 1e9;
    },
    burst: (count, text = GET) =>
      Array.from({ length: count }, () => harness.fate(harness.offer(text))),
  };
}

function count(fates: readonly string[], fate: string): number {
  return fates.filter((one) => one === fate).length;
}

describe("a target's budget", () => {
  test("of requests: one second's burst, then the rate", async (t) => {
    const harness = await timed(t, { requestsPerSecond: 4 });
    const first = harness.burst(10);
    assert.deepEqual(first, [...Array(4).fill("pending"), ...Array(6).fill("unsent max_rps")]);
    await harness.settle();
    harness.pass(0.5);
    assert.equal(count(harness.burst(10), "pending"), 2);
    await harness.settle();
    harness.pass(60);
    assert.equal(count(harness.burst(10), "pending"), 4);
    await harness.settle();
    assert.equal(harness.deliverer.ledgers[0]?.delivered, 10);
    assert.equal(harness.deliverer.ledgers[0]?.failed.unsent.max_rps, 20);
  });

  test("of bytes: counts the copy, not the request", async (t) => {
    const harness = await timed(t, { bytesPerSecond: 3 * COPY_BYTES + MARGIN_BYTES });
    assert.equal(count(harness.burst(10, BIG), "pending"), 3);
    assert.equal(count(harness.burst(10, BIG), "unsent max_bandwidth"), 10);
    await harness.settle();
    harness.pass(60);
    assert.equal(count(harness.burst(10, BIG), "pending"), 3);
    await harness.settle();
  });

  test("of bytes: what is larger passes when nothing was spent, and is paid off after", async (t) => {
    const harness = await timed(t, { bytesPerSecond: COPY_BYTES / 10 });
    assert.equal(count(harness.burst(2, BIG), "pending"), 1);
    await harness.settle();
    // Nine seconds' bytes are owed.
    harness.pass(8.9);
    assert.deepEqual(harness.burst(1), ["unsent max_bandwidth"]);
    harness.pass(1.05);
    assert.deepEqual(harness.burst(1, BIG), ["unsent max_bandwidth"]);
    harness.pass(0.051);
    assert.deepEqual(harness.burst(1, BIG), ["pending"]);
    await harness.settle();
  });

  test("of bytes: a streamed body is charged as it comes", async (t) => {
    const harness = await timed(t, { bytesPerSecond: 1000 });
    const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n";
    const { offered, receiver } = harness.stream(head);
    assert.deepEqual(harness.burst(1), ["pending"], "the head alone has been charged");
    const piece = Buffer.alloc(2500, "x");
    receiver.data(piece, 0, piece.length);
    assert.deepEqual(harness.burst(1), ["unsent max_bandwidth"]);
    receiver.data(piece, 0, piece.length);
    receiver.end();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200", "it is never held up itself");
    harness.pass(4);
    assert.deepEqual(harness.burst(1), ["unsent max_bandwidth"]);
    harness.pass(1.2);
    assert.deepEqual(harness.burst(1), ["pending"]);
    await harness.settle();
  });

  test("of bytes: a body that was not taken costs nothing", async (t) => {
    const harness = await timed(
      t,
      { bytesPerSecond: 10_000, inFlight: 1 },
      { maxStreamBytes: 80_000 },
    );
    const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n";
    const { offered, receiver } = harness.stream(head);
    const refused = harness.stream(head);
    receiver.cut("gap");
    assert.equal(harness.fate(offered), "unsent request_cut");
    assert.equal(harness.fate(refused.offered), "unsent max_in_flight");
    const piece = Buffer.alloc(90_000, "x");
    for (const gone of [receiver, refused.receiver]) gone.data(piece, 0, piece.length);
    const cut = harness.stream(head);
    cut.receiver.data(piece, 0, piece.length);
    assert.equal(harness.fate(cut.offered), "unsent queue_full");
    assert.deepEqual(harness.burst(1), ["pending"]);
    await harness.settle();
  });

  for (const pipeline of [1, 8])
    test(`of requests in flight, ${pipeline} on a connection`, async (t) => {
      const harness = await timed(t, { inFlight: 3 }, { pipeline });
      const [live, other] = [liveConnection(), liveConnection()];
      const waiting = [live, other, live].map((one) => harness.offer(GET, one));
      assert.equal(harness.fate(harness.offer(GET, live)), "unsent max_in_flight");
      assert.equal(harness.fate(harness.stream(GET).offered), "unsent max_in_flight");
      await harness.settle();
      for (const one of waiting) assert.equal(harness.fate(one), "delivered 200");
      assert.equal(count(harness.burst(5), "pending"), 3);
      await harness.settle();
    });

  test("is not spent by what is refused for another reason", async (t) => {
    const harness = await timed(t, { requestsPerSecond: 3, inFlight: 1 });
    const [first, ...others] = harness.burst(10);
    assert.equal(first, "pending");
    assert.equal(count(others, "unsent max_in_flight"), 9);
    await harness.settle();
    harness.deliverer.pause(0, true);
    assert.equal(count(harness.burst(10), "unsent paused"), 10);
    harness.deliverer.pause(0, false);
    for (const fate of ["pending", "pending", "unsent max_rps"]) {
      assert.deepEqual(harness.burst(1), [fate]);
      await harness.settle();
    }
  });

  test("is looked at before the breaker: its probe is not lost, and what it refuses is not charged", async (t) => {
    let broken = true;
    const server = await rawServer(t, (socket) =>
      perRequest(socket, () => (broken ? socket.resetAndDestroy() : socket.write(OK))),
    );
    let nowNs = 1e9;
    const harness = createHarness(
      t,
      [plainTarget(server.port, { options: { budget: { ...UNLIMITED, requestsPerSecond: 6 } } })],
      {},
      { nowNs: () => nowNs },
    );
    const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    for (let i = 0; i < 5; i++) {
      harness.offer(post);
      await harness.settle();
    }
    for (let i = 0; i < 20; i++)
      assert.equal(harness.fate(harness.offer(post)), "unsent breaker_open");
    // The last token goes to the probe, which fails, and the breaker opens for longer.
    nowNs += 1.1e9;
    for (let i = 0; i < 6; i++) harness.offer(post);
    await harness.settle();
    assert.equal(harness.deliverer.ledgers[0]?.failed.unsent.max_rps, 0);
    assert.equal(harness.deliverer.ledgers[0]?.failed.unsent.breaker_open, 25);
    assert.equal(server.sockets.length, 6);
    broken = false;
    nowNs += 60e9;
    const last = harness.offer(GET);
    await harness.settle();
    assert.equal(harness.fate(last), "delivered 200");
  });

  test("over it, the breaker is not asked", async (t) => {
    const server = await okServer(t);
    server.server.close();
    let nowNs = 1e9;
    const options = { budget: { ...UNLIMITED, requestsPerSecond: 0.1 } };
    const harness = createHarness(
      t,
      [plainTarget(server.port, { options })],
      {},
      { nowNs: () => nowNs },
    );
    for (let i = 0; i < 5; i++) {
      harness.offer();
      await harness.settle();
      if (i < 4) nowNs += 10e9;
    }
    assert.equal(harness.states.length, 1, "it is open");
    nowNs += 5e9;
    assert.equal(harness.fate(harness.offer()), "unsent max_rps");
    assert.equal(harness.states.length, 1, "and stays so, untried");
    nowNs += 5e9;
    assert.equal(harness.fate(harness.offer()), "pending");
    assert.equal(harness.states.length, 2);
    await harness.settle();
  });

  test("is one target's alone", async (t) => {
    const servers = [await okServer(t), await okServer(t)];
    const options = { budget: { ...UNLIMITED, inFlight: 1 } };
    const harness = createHarness(t, [
      plainTarget(servers[0]?.port ?? 0, { options }),
      plainTarget(servers[1]?.port ?? 0),
    ]);
    const offered = [harness.offer(), harness.offer()];
    await harness.settle();
    assert.deepEqual(
      offered.map((one) => [harness.fate(one, 0), harness.fate(one, 1)]),
      [
        ["delivered 200", "delivered 200"],
        ["unsent max_in_flight", "delivered 200"],
      ],
    );
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import {
  createHarness,
  GET,
  OK,
  okServer,
  POST,
  perRequest,
  plainTarget,
  rawServer,
} from "./harness.ts";
import { liveConnection } from "./request-view.ts";

describe("the breaker of a target", () => {
  test("opens after five failures, lets one through later, and closes", async (t) => {
    let broken = true;
    const server = await rawServer(t, (socket) =>
      perRequest(socket, () => (broken ? socket.resetAndDestroy() : socket.write(OK))),
    );
    let skippedNs = 0;
    const nowNs = () => performance.now() * 1e6 + skippedNs;
    const harness = createHarness(t, [plainTarget(server.port)], {}, { nowNs });
    const live = liveConnection();
    for (let i = 0; i < 5; i++) {
      harness.offer(POST, live);
      await harness.settle();
    }
    assert.match(harness.states.join("\n"), /^0 open: ECONNRESET$/);
    assert.equal(harness.fate(harness.offer(POST, live)), "unsent breaker_open");
    skippedNs += 1.1e9;
    const probe = harness.offer(POST, live);
    const other = harness.offer(POST);
    assert.equal(harness.fate(other), "unsent breaker_open");
    await harness.settle();
    assert.equal(harness.fate(probe), "sent_unanswered connection_reset");
    assert.equal(harness.fate(harness.offer(POST)), "unsent breaker_open");
    broken = false;
    skippedNs += 2.1e9;
    const last = harness.offer(GET, live);
    await harness.settle();
    assert.equal(harness.fate(last), "delivered 200");
    const after = harness.offer(GET, live);
    await harness.settle();
    assert.equal(harness.fate(after), "delivered 200");
    assert.deepEqual(
      harness.states.map((state) => state.split(" ")[1]),
      ["open:", "half_open:", "open:", "half_open:", "closed:"],
    );
  });

  test("refuses what waits when it opens", async (t) => {
    const server = await rawServer(t, (socket) =>
      perRequest(socket, () => socket.resetAndDestroy()),
    );
    const harness = createHarness(t, [plainTarget(server.port)]);
    const live = liveConnection();
    const offered = Array.from({ length: 8 }, () => harness.offer(POST, live));
    await harness.settle();
    assert.deepEqual(
      offered.map((one) => harness.fate(one)),
      [
        ...Array(5).fill("sent_unanswered connection_reset"),
        ...Array(3).fill("unsent breaker_open"),
      ],
    );
  });

  test("lets another probe through when there is no room for one", async (t) => {
    const server = await okServer(t);
    const { port } = server;
    server.server.close();
    let skippedNs = 0;
    const nowNs = () => performance.now() * 1e6 + skippedNs;
    const harness = createHarness(t, [plainTarget(port)], { maxQueuedBytes: 500 }, { nowNs });
    for (let i = 0; i < 5; i++) {
      harness.offer();
      await harness.settle();
    }
    skippedNs += 1.1e9;
    server.server.listen(port, "127.0.0.1");
    await once(server.server, "listening");
    const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 600\r\n\r\n";
    assert.equal(harness.fate(harness.offer(head + "x".repeat(600))), "unsent queue_full");
    const next = harness.offer();
    await harness.settle();
    assert.equal(harness.fate(next), "delivered 200");
  });

  test("lets another probe through when one says nothing", async (t) => {
    const server = await okServer(t);
    const { port } = server;
    server.server.close();
    let skippedNs = 0;
    const nowNs = () => performance.now() * 1e6 + skippedNs;
    const harness = createHarness(t, [plainTarget(port)], {}, { nowNs });
    for (let i = 0; i < 5; i++) {
      harness.offer();
      await harness.settle();
    }
    skippedNs += 1.1e9;
    server.server.listen(port, "127.0.0.1");
    await once(server.server, "listening");
    const { offered, receiver } = harness.stream(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
    );
    receiver.cut("gap");
    assert.equal(harness.fate(offered), "unsent request_cut");
    const next = harness.offer();
    await harness.settle();
    assert.equal(harness.fate(next), "delivered 200");
  });
});

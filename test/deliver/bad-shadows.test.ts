/** Whatever a shadow does, its requests end under one reason each, and the next ones are sent. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
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
  usedConnection,
} from "./harness.ts";
import { liveConnection } from "./request-view.ts";

/** Offers `text` once to a shadow that behaves as `serve` says; returns its fate. */
function tell(
  name: string,
  serve: (socket: Socket, index: number) => void,
  text: string,
  fate: string | RegExp,
  timeoutMs = 1000,
): void {
  test(name, async (t) => {
    const server = await rawServer(t, serve);
    const harness = createHarness(t, [plainTarget(server.port)], { timeoutMs });
    const offered = harness.offer(text);
    await harness.settle();
    if (typeof fate === "string") assert.equal(harness.fate(offered), fate);
    else assert.match(harness.fate(offered), fate);
  });
}

describe("a shadow that", () => {
  tell("hangs", () => {}, GET, "sent_unanswered timeout", 150);
  tell(
    "trickles",
    (socket) => {
      let at = 0;
      const timer = setInterval(() => socket.write(OK[at++] ?? "x"), 20);
      socket.on("close", () => clearInterval(timer));
    },
    GET,
    "sent_unanswered timeout",
    150,
  );
  tell(
    "resets at once",
    (socket) => socket.resetAndDestroy(),
    GET,
    // Whether the reset comes before the first byte is sent is a race.
    /^(unsent connect_failed|sent_unanswered connection_reset)$/,
  );
  tell(
    "resets when asked",
    (socket) => socket.once("data", () => socket.resetAndDestroy()),
    GET,
    "sent_unanswered connection_reset",
  );
  tell(
    "closes when asked",
    (socket) => socket.once("data", () => socket.end()),
    GET,
    "sent_unanswered connection_closed",
  );
  tell(
    "closes in the midst of its answer",
    (socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nxx")),
    GET,
    "sent_unanswered connection_closed",
  );
  tell(
    "answers garbage",
    (socket) => socket.once("data", () => socket.write("SSH-2.0-OpenSSH\r\n\r\n")),
    GET,
    "sent_unanswered bad_response",
  );
  tell(
    "ends its answer by closing",
    (socket) => socket.once("data", () => socket.end("HTTP/1.0 203 Odd\r\n\r\nwhatever")),
    GET,
    "delivered 203",
  );
  tell(
    "says 100 and 103 first",
    (socket) =>
      socket.once("data", () =>
        socket.write(
          `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}`,
        ),
      ),
    POST,
    "delivered 200",
  );
  tell(
    "answers before the request is complete",
    (socket) => {
      socket.pause();
      socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    },
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 15000000\r\n\r\n${"x".repeat(15_000_000)}`,
    "delivered 413",
  );
  tell(
    "reads nothing of a large request",
    (socket) => void socket.pause(),
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 15000000\r\n\r\n${"x".repeat(15_000_000)}`,
    "sent_unanswered timeout",
    150,
  );

  test("refuses connections", async (t) => {
    const server = await okServer(t);
    server.server.close();
    const harness = createHarness(t, [plainTarget(server.port)]);
    const live = liveConnection();
    const both = [harness.offer(GET, live), harness.offer(GET, live)];
    await harness.settle();
    for (const offered of both) assert.equal(harness.fate(offered), "unsent connect_failed");
  });

  test("never accepts", async (t) => {
    const harness = createHarness(
      t,
      [plainTarget(9, { host: "never.test" })],
      { timeoutMs: 150 },
      { lookup: () => new Promise(() => {}) },
    );
    const offered = harness.offer();
    await harness.settle();
    assert.equal(harness.fate(offered), "unsent connect_timeout");
  });

  test("greets every connection", async (t) => {
    const server = await rawServer(t, (socket) => socket.write("220 mail.example ESMTP\r\n"));
    const harness = createHarness(t, [plainTarget(server.port)]);
    const live = liveConnection();
    for (let i = 0; i < 20; i++) {
      harness.offer(GET, live);
      await harness.settle();
    }
    assert.equal(harness.deliverer.ledgers[0]?.delivered, 0);
    assert.equal(server.sockets.length, 5, "the breaker opened");
  });

  test("answers once too often", async (t) => {
    const server = await rawServer(t, (socket) =>
      perRequest(socket, () => {
        socket.write(OK);
        setImmediate(() => socket.write(OK));
      }),
    );
    const harness = createHarness(t, [plainTarget(server.port)]);
    const live = liveConnection();
    const first = harness.offer(GET, live);
    await harness.settle();
    assert.equal(harness.fate(first), "delivered 200");
    await harness.pumpUntil(() => harness.connections.size === 0);
    const second = harness.offer(GET, live);
    await harness.settle();
    assert.equal(harness.fate(second), "delivered 200");
  });

  test("closes after each answer", async (t) => {
    const server = await rawServer(t, (socket) =>
      perRequest(socket, () => socket.end(OK.replace("\r\n", "\r\nConnection: close\r\n"))),
    );
    const harness = createHarness(t, [plainTarget(server.port)]);
    const live = liveConnection();
    for (let i = 0; i < 20; i++) harness.offer(i % 2 === 0 ? GET : POST, live);
    await harness.settle();
    assert.equal(harness.deliverer.ledgers[0]?.delivered, 20);
    assert.equal(server.sockets.length, 20);
    assert.deepEqual(harness.states, []);
  });

  test("closes an idle connection", async (t) => {
    const { server, harness, live } = await usedConnection(t);
    server.sockets[0]?.end();
    await harness.pumpUntil(() => harness.connections.size === 0);
    const second = harness.offer(POST, live);
    await harness.settle();
    assert.equal(harness.fate(second), "delivered 200");
    assert.deepEqual(harness.states, []);
  });

  for (const [text, fate] of [
    [GET, "delivered 200"],
    [POST, "sent_unanswered connection_reset"],
  ] as const)
    test(`resets a used connection while ${text.slice(0, 4).trim()} is sent on it`, async (t) => {
      const { server, harness, live } = await usedConnection(t);
      server.sockets[0]?.resetAndDestroy();
      await once(server.sockets[0]!, "close");
      const second = harness.offer(text, live);
      await harness.settle();
      // The send itself may fail: then nothing was sent, and even a POST is not lost.
      const fates = text === GET ? [fate] : [fate, "delivered 200"];
      assert.ok(fates.includes(harness.fate(second)), harness.fate(second));
    });

  for (const [text, copies] of [
    [GET, 2],
    [POST, 1],
  ] as const)
    test(`closes a used connection on a ${text.slice(0, 4).trim()}, always`, async (t) => {
      let asked = 0;
      const server = await rawServer(t, (socket) =>
        perRequest(socket, (head, count) => {
          if (head.includes("/first") && count === 0) socket.write(OK);
          else {
            asked++;
            socket.end();
          }
        }),
      );
      const harness = createHarness(t, [plainTarget(server.port)]);
      const live = liveConnection();
      harness.offer("GET /first HTTP/1.1\r\nHost: a\r\n\r\n", live);
      await harness.settle();
      const second = harness.offer(text, live);
      await harness.settle();
      assert.equal(harness.fate(second), "sent_unanswered connection_closed");
      assert.equal(asked, copies);
    });

  test("closes a used connection in the midst of an answer: that was no stale connection", async (t) => {
    let asked = 0;
    const server = await rawServer(t, (socket) =>
      perRequest(socket, (_head, count) => {
        asked++;
        if (count === 0) socket.write(OK);
        else socket.end("HTTP/1.1 2");
      }),
    );
    const harness = createHarness(t, [plainTarget(server.port)]);
    const live = liveConnection();
    harness.offer(GET, live);
    await harness.settle();
    const second = harness.offer(GET, live);
    await harness.settle();
    assert.equal(harness.fate(second), "sent_unanswered connection_closed");
    assert.equal(asked, 2);
  });

  test("closes a used connection and is then gone: it was sent", async (t) => {
    const server = await rawServer(t, (socket) =>
      perRequest(socket, (_head, count) => {
        if (count === 0) socket.write(OK);
        else socket.end();
      }),
    );
    const harness = createHarness(t, [plainTarget(server.port)]);
    const live = liveConnection();
    harness.offer(GET, live);
    await harness.settle();
    server.server.close();
    const second = harness.offer(GET, live);
    await harness.settle();
    assert.equal(harness.fate(second), "sent_unanswered connection_closed");
  });

  test("is slow: what waits too long is given up", async (t) => {
    const server = await rawServer(t, (socket) =>
      perRequest(socket, () => setTimeout(() => socket.write(OK), 150)),
    );
    const harness = createHarness(t, [plainTarget(server.port)], { timeoutMs: 400 });
    const live = liveConnection();
    const offered = Array.from({ length: 10 }, () => harness.offer(GET, live));
    await harness.settle();
    const fates = offered.map((one) => harness.fate(one));
    assert.equal(fates[0], "delivered 200");
    assert.equal(fates[9], "unsent expired");
    assert.ok(fates.every((fate) => fate === "delivered 200" || fate === "unsent expired"));
  });

  test("sends an endless answer: others have their turn", async (t) => {
    const server = await rawServer(t, (socket, index) => {
      if (index > 0) {
        perRequest(socket, () => socket.write(OK));
        return;
      }
      const block = Buffer.alloc(1 << 20, "x");
      const pour = () => {
        while (socket.write(block));
      };
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
        pour();
        socket.on("drain", pour);
      });
    });
    const harness = createHarness(
      t,
      [plainTarget(server.port)],
      { timeoutMs: 300 },
      {
        // The simple reader would hold it all.
        createResponseReader: (onAnswer) => {
          let bodyFollows = false;
          return {
            expect() {},
            push(bytes, start, end) {
              bodyFollows ||= bytes.subarray(start, end).includes(0x39);
              if (!bodyFollows) onAnswer(200);
              return "ok";
            },
            end: () => "ok",
          };
        },
      },
    );
    const endless = harness.offer();
    await harness.pumpUntil(() => server.sockets.length === 1);
    const other = harness.offer();
    await harness.settle();
    assert.equal(harness.fate(endless), "sent_unanswered timeout");
    assert.equal(harness.fate(other), "delivered 200");
  });
});

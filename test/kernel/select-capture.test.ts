/** What the kernel programs leave out, at the level of records: rules, samples, framing, generations. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { Match, Rule } from "../../src/model/rule.ts";
import { hashAddress } from "../../src/model/sample.ts";
import { SegmentFlag } from "../../src/model/segment.ts";
import { compileKernelRules } from "../../src/select/kernel/compile.ts";
import { ruleSet } from "../select/rules.ts";
import {
  ANY_HOOK,
  HOOKS,
  type HookName,
  type LiveCapture,
  type SeenSegment,
  startCapture,
  startServer,
} from "./capture-harness.ts";
import { rule } from "./rules.ts";

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const USER: Match = {
  kind: "header",
  name: "x-user-id",
  test: { kind: "exact", value: "42" },
};

function get(path: string, ...fields: readonly string[]): string {
  return `${[`GET ${path} HTTP/1.1`, "Host: a", ...fields].join("\r\n")}\r\n\r\n`;
}

/** Sends one piece and waits until `answers` answers to it have come. */
async function exchange(socket: Socket, piece: string, answers = 1): Promise<void> {
  let received = "";
  const done = new Promise<void>((resolve) => {
    const onData = (bytes: Buffer) => {
      received += bytes.toString();
      if (received.split(ANSWER).length - 1 < answers) return;
      socket.off("data", onData);
      resolve();
    };
    socket.on("data", onData);
  });
  socket.write(piece);
  await done;
}

/** A server that answers once for each head that ends in what it receives, and a connection to it under capture. */
async function under(
  hook: HookName,
  rules: (port: number) => readonly Rule[],
  work: (live: LiveCapture, socket: Socket, port: number) => Promise<void>,
  wantsScan = true,
): Promise<void> {
  let pending = "";
  const { server, port } = await startServer("127.0.0.1", (socket) => {
    socket.setNoDelay(true);
    socket.on("data", (bytes) => {
      pending += bytes.toString();
      const heads = pending.split("\r\n\r\n");
      pending = heads.pop() ?? "";
      for (const _ of heads) socket.write(ANSWER);
    });
  });
  const live = await startCapture(hook, port, 1 << 20, rules(port), wantsScan);
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  try {
    await once(socket, "connect");
    await work(live, socket, port);
  } finally {
    socket.destroy();
    live.capture[Symbol.dispose]();
    server.close();
  }
}

/**
 * The same for what the kernel can leave out only where it looks into heads, which it refuses before Linux 5.12: without, it does not
 * know where the next request begins.
 */
function underScan(
  t: TestContext,
  hook: HookName,
  rules: (port: number) => readonly Rule[],
  work: (live: LiveCapture, socket: Socket, port: number) => Promise<void>,
): Promise<void> {
  return under(hook, rules, async (live, ...more) => {
    if (live.capture.scans) await work(live, ...more);
    else t.skip("this kernel refuses the scan of heads");
  });
}

/** What left the kernel, each segment once: a slow machine sends some again. */
function segmentsOf(live: LiveCapture): SeenSegment[] {
  const seen = new Set<string>();
  return live.drain().filter(({ toServer, seq, payload }) => {
    const name = `${toServer} ${seq} ${payload.length}`;
    return !seen.has(name) && seen.add(name);
  });
}

function linesOf(live: LiveCapture): string[] {
  return segmentsOf(live)
    .filter(({ payload }) => payload.length > 0)
    .map(({ toServer, payload }) => {
      const line = payload.toString("latin1").split("\r\n", 1)[0] ?? "";
      return toServer ? line : `< ${line.slice(9, 12)}`;
    });
}

for (const hook of HOOKS) {
  test(`${hook}: only requests with the header, and their answers, leave the kernel`, (t) =>
    underScan(
      t,
      hook,
      (port) => [rule(port, { match: USER })],
      async (live, socket) => {
        await exchange(socket, get("/1"));
        await exchange(socket, get("/2", "X-USER-ID:42"));
        await exchange(socket, get("/3", "x-user-id: 43"));
        await exchange(socket, get("/4", "x-user-id:\t42"));
        assert.deepEqual(linesOf(live), ["GET /2 HTTP/1.1", "< 200", "GET /4 HTTP/1.1", "< 200"]);
        const [second, , fourth] = live.segments;
        assert.equal((second?.flags ?? 0) & SegmentFlag.fromStart, SegmentFlag.fromStart);
        assert.equal((fourth?.flags ?? 0) & SegmentFlag.selectedBefore, SegmentFlag.selectedBefore);
        assert.equal(live.capture.counters.all().start_not_selected.records, 2);
      },
    ));
}

test("several requests in one segment: what follows one that is left out is let through", (t) =>
  underScan(
    t,
    ANY_HOOK,
    (port) => [rule(port, { match: USER })],
    async (live, socket) => {
      await exchange(socket, get("/1") + get("/2", "x-user-id: 42") + get("/3"), 3);
      const [first] = live.drain();
      assert.match(first?.payload.toString() ?? "", /^GET \/2 [\s\S]*GET \/3 /);
      assert.equal(first?.skippedBytes, 0);
      assert.equal(live.capture.counters.all().start_not_selected.records, 1);
    },
  ));

test("a head in several segments is let through, whatever is in it", () =>
  under(
    ANY_HOOK,
    (port) => [rule(port, { match: USER })],
    async (live, socket) => {
      socket.write("GET /1 HTTP/1.1\r\nHost: a\r\nx-user");
      // The server has it when the kernel has seen it.
      await new Promise((resolve) => setImmediate(resolve));
      await exchange(socket, "-id: 42\r\n\r\n");
      const all = live.drain().filter(({ toServer }) => toServer);
      assert.equal(
        Buffer.concat(all.map(({ payload }) => payload)).toString(),
        get("/1", "x-user-id: 42"),
      );
    },
  ));

test("the body of a request that is left out stays out, and the next request is found behind it", (t) =>
  underScan(
    t,
    ANY_HOOK,
    (port) => [rule(port, { match: { kind: "path", test: { kind: "prefix", value: "/in" } } })],
    async (live, socket) => {
      // The server answers heads only; the body itself looks like a request that the rule wants.
      const body = "GET /in HTTP/1.1";
      await exchange(
        socket,
        `POST /out HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      socket.write(body);
      await exchange(socket, `${get("/in")}`, 1);
      assert.deepEqual(linesOf(live), ["GET /in HTTP/1.1", "< 200"]);
      assert.equal(live.segments[0]?.payload.toString(), get("/in"));
    },
  ));

test("a share by request: in or out by the number that the record carries", (t) =>
  underScan(
    t,
    ANY_HOOK,
    (port) => [rule(port, { share: 0.25 })],
    async (live, socket) => {
      const requests = 2_000;
      for (let i = 0; i < requests; i++) await exchange(socket, get(`/${i}`));
      const taken = segmentsOf(live).filter(({ toServer }) => toServer);
      const sd = Math.sqrt(requests * 0.25 * 0.75);
      assert.ok(Math.abs(taken.length - requests / 4) < 4 * sd, `${taken.length} of ${requests}`);
      for (const { flags, sample } of taken) {
        assert.notEqual(flags & SegmentFlag.sampled, 0);
        assert.ok(sample >>> 0 < 2 ** 30);
      }
      const { start_sampled_out } = live.capture.counters.all();
      assert.equal(start_sampled_out.records, requests - taken.length);
    },
  ));

test("a share by connection, and one by client: all of it or nothing", async () => {
  const words = new Uint32Array(
    Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1]).buffer,
  );
  const client = hashAddress(words, 0) / 2 ** 32;
  for (const [share, wanted] of [
    [client + 0.01, true],
    [client - 0.01, false],
  ] as const)
    await under(
      ANY_HOOK,
      (port) => [rule(port, { share, sampleBy: { kind: "client" } })],
      async (live, socket) => {
        await exchange(socket, get("/1"));
        await exchange(socket, get("/2"));
        assert.equal(linesOf(live).length, wanted ? 4 : 0);
      },
    );
  await under(
    ANY_HOOK,
    (port) => [rule(port, { share: 0.5, sampleBy: { kind: "connection" } })],
    async (live, socket, port) => {
      await exchange(socket, get("/first"));
      for (let i = 0; i < 40; i++) {
        const other = connect({ port, host: "127.0.0.1", noDelay: true });
        await exchange(other, get(`/${i}`));
        await exchange(other, get(`/${i}`));
        other.destroy();
      }
      const lines = linesOf(live).filter(
        (line) => !line.startsWith("<") && !line.includes("first"),
      );
      assert.equal(lines.length % 2, 0);
      assert.ok(lines.length > 8 && lines.length < 72, `${lines.length / 2} of 40 connections`);
    },
  );
});

test("networks, with exceptions; rules of two generations, changed at once", (t) =>
  underScan(
    t,
    ANY_HOOK,
    (port) => [
      rule(port, {
        origin: { remote: [{ address: "00000000000000000000ffff7f000000", bits: 104 }] },
      }),
      rule(port, {
        name: "never",
        origin: { exceptRemote: [{ address: "00000000000000000000ffff7f000001", bits: 128 }] },
      }),
    ],
    async (live, socket, port) => {
      await exchange(socket, get("/1"));
      assert.deepEqual(
        live.drain().map(({ rules, generation }) => [rules, generation]),
        [
          [1, 1],
          [1, 1],
        ],
      );
      const second = [rule(port, { match: USER }), rule(port, { name: "all", share: 0 })];
      await live.capture.rules.apply(compileKernelRules(ruleSet(second, 2)));
      await exchange(socket, get("/2"));
      await exchange(socket, get("/3", "x-user-id: 42"));
      const last = live.drain().slice(2);
      assert.deepEqual(
        last.map(({ payload }) => payload.toString().slice(0, 6)),
        ["GET /3", "HTTP/1"],
      );
      assert.deepEqual(
        last.map(({ rules, generation }) => [rules, generation]),
        [
          [3, 2],
          [3, 2],
        ],
      );
    },
  ));

async function throttledThenLetIn(live: LiveCapture, socket: Socket): Promise<void> {
  live.capture.admit(0);
  for (let i = 0; i < 10; i++) await exchange(socket, get(`/${i}`));
  assert.deepEqual(linesOf(live), []);
  assert.equal(live.capture.counters.all().start_throttled.records, 10);
  live.capture.admit(0xffffffff);
  await exchange(socket, get("/in"));
  assert.deepEqual(linesOf(live), ["GET /in HTTP/1.1", "< 200"]);
}

test("throttled: nothing leaves the kernel, and every start is counted", (t) =>
  underScan(t, ANY_HOOK, (port) => [rule(port)], throttledThenLetIn));

test("throttled where the kernel cannot look into heads: the same", () =>
  under(ANY_HOOK, (port) => [rule(port)], throttledThenLetIn, false));

test("a length that may not fit is not believed: its request is let through", (t) =>
  underScan(
    t,
    ANY_HOOK,
    (port) => [rule(port, { match: USER })],
    async (live, socket) => {
      const post = (length: string) =>
        `POST /${length.length} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\nabc`;
      await exchange(socket, post("3"));
      await exchange(socket, post("000000003"));
      assert.deepEqual(linesOf(live), []);
      for (const [i, length] of ["0000000003", "9999999999"].entries()) {
        await exchange(socket, post(length));
        const starts = linesOf(live).filter((line) => line === "POST /10 HTTP/1.1");
        assert.equal(starts.length, i + 1);
      }
    },
  ));

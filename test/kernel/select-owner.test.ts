/** Selection by the user that owns a connection, where the listener is somebody else's. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { total } from "../../src/model/ledger.ts";
import { startApache } from "../lab/apache.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { faults, firstTarget, type MirrorResult, startMirror } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";
import { type Answer, readAnswers, startOwnerServer } from "../lab/owner-server.ts";
import type { Program } from "../lab/process.ts";
import { type SocketClient, startSocketClient } from "../lab/socket-client.ts";

const PORT = 8080;
const LIVE = `http://${ADDRESS.live.v4}:${PORT}`;
const TARGET = `http://${ADDRESS.shadow.v4}:${PORT}`;
const UID = { root: 0, "www-data": 33, nobody: 65_534 } as const;
const CLOSE = ["-H", "Connection: close"];

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}/${index}`);
}

function request(uri: string): string {
  return `GET ${uri} HTTP/1.1\r\nHost: live\r\n\r\n`;
}

/** One connection whose requests come split, together, and split again; its answers in order. */
async function segmented(client: SocketClient, prefix: string): Promise<string> {
  const socket = await client.connect(ADDRESS.live.v4, PORT);
  const [first = "", ...rest] = numbered(prefix, 4);
  const head = request(first);
  await socket.write(head.slice(0, 9));
  await socket.write(head.slice(9));
  await socket.until(`${first}\n`);
  await socket.write(rest.map(request).join(""));
  const text = await socket.until(`${rest.at(-1)}\n`);
  await socket.end();
  return text;
}

/** Short connections, kept ones, and ones with odd segments; every URI is asked for once. Returns all bodies. */
async function mixedTraffic(lab: Lab, client: SocketClient): Promise<string> {
  const visits = [
    ...numbered("/short", 4).map((prefix) => [CLOSE, numbered(prefix, 40)] as const),
    ...numbered("/kept", 12).map((prefix) => [[], numbered(prefix, 10)] as const),
  ];
  const texts = await Promise.all([
    ...visits.map(([flags, uris]) =>
      curl(lab.client, ...flags, ...uris.map((uri) => `${LIVE}${uri}`)),
    ),
    ...numbered("/segments", 12).map((prefix) => segmented(client, prefix)),
  ]);
  return texts.join("\n");
}
const MIXED_REQUESTS = 4 * 40 + 12 * 10 + 12 * 4;

describe("selection by user", () => {
  let lab: Lab;
  let client: SocketClient;
  before(async () => {
    lab = await createLab();
    client = startSocketClient(lab.client);
  });
  after(() => lab[Symbol.asyncDispose]());

  /** Mirrors by user while `work` runs; returns what the shadow received, too. */
  async function mirrored(user: string, work: () => Promise<unknown>) {
    const shadow = await startNginx(lab, lab.shadow, { port: PORT });
    const args = ["--port", String(PORT), "--to", TARGET, "--uid", user];
    const mirror = await startMirror(lab, lab.live, args);
    await work();
    const result = await mirror.stop();
    return { ...result, received: (await shadow.stopAndRead()).map(({ uri }) => uri).sort() };
  }

  /** The ledger balances, nothing is lost, and every request sent is in it but `unseen`. */
  function assertWhole({ summary }: MirrorResult, requests: number, delivered: number, unseen = 0) {
    const { capture } = summary.ledger;
    assert.deepEqual(faults(summary), []);
    assert.equal(firstTarget(summary).delivered, delivered);
    assert.equal(total(capture.lost), 0, JSON.stringify(capture.lost));
    assert.equal(capture.seen, requests - unseen);
    assert.equal(capture.skipped.not_selected + capture.decoded, capture.seen);
  }

  describe("of three servers of different users on one port", () => {
    const servers: Program[] = [];
    before(async () => {
      for (const uid of Object.values(UID))
        servers.push(await startOwnerServer(lab.live, { port: PORT, uid, isShared: true }));
    });
    after(() => Promise.all(servers.map((server) => server.stop())));

    for (const [user, uid] of Object.entries(UID))
      it(`takes what ${user}'s answered, all of it and nothing else`, async () => {
        let answers: Answer[] = [];
        const result = await mirrored(user, async () => {
          answers = readAnswers(await mixedTraffic(lab, client));
        });
        assert.equal(answers.length, MIXED_REQUESTS);
        const wanted = answers.filter((answer) => answer.uid === uid).map(({ uri }) => uri);
        assert.ok(wanted.length > 0 && wanted.length < MIXED_REQUESTS, "the port is not shared");
        assert.deepEqual(result.received, wanted.sort());
        // Of requests in one segment of a connection that nobody wants the kernel sees the first.
        const isUnseen = (answer: Answer) =>
          answer.uid !== uid && /^\/segments\/\d+\/[23]$/.test(answer.uri);
        assertWhole(result, MIXED_REQUESTS, wanted.length, answers.filter(isUnseen).length);
      });

    it("takes up connections of the user that were open before it", async () => {
      const sockets = await Promise.all(
        numbered("/before", 16).map(async (prefix) => {
          const socket = await client.connect(ADDRESS.live.v4, PORT);
          await socket.write(request(prefix));
          await socket.until(`${prefix}\n`);
          return { socket, prefix };
        }),
      );
      let answers: Answer[] = [];
      const result = await mirrored("www-data", async () => {
        const texts = await Promise.all(
          sockets.map(async ({ socket, prefix }) => {
            let text = "";
            for (const uri of numbered(prefix, 4)) {
              await socket.write(request(uri));
              text = await socket.until(`${uri}\n`);
            }
            await socket.end();
            return text;
          }),
        );
        answers = readAnswers(texts.join("\n")).filter(({ uri }) => /\d\/\d/.test(uri));
      });
      assert.equal(answers.length, 64);
      const wanted = answers
        .filter(({ uid, uri }) => uid === UID["www-data"] && !uri.endsWith("/0"))
        .map(({ uri }) => uri);
      assert.deepEqual(result.received, wanted.sort());
      assert.deepEqual(faults(result.summary), []);
      const { capture } = result.summary.ledger;
      assert.equal(capture.seen, answers.length);
      // The first request of each: until it is answered nobody knows that it begins there.
      assert.equal(capture.lost.joined_mid_stream, sockets.length);
    });
  });

  // The listener is root's, and so is a connection until a worker has accepted it.
  const servers = {
    "nginx with workers of another user": () =>
      startNginx(lab, lab.live, {
        port: PORT,
        workers: 2,
        location: "return 200 $request_uri\\n;",
      }),
    "nginx that accepts when data has come": () =>
      startNginx(lab, lab.live, {
        port: PORT,
        deferred: true,
        location: "return 200 $request_uri\\n;",
      }),
    "Apache, which accepts when data has come": () => startApache(lab, lab.live, PORT),
  };
  for (const [name, start] of Object.entries(servers))
    describe(`of ${name}`, () => {
      let live: Awaited<ReturnType<typeof start>>;
      before(async () => {
        live = await start();
      });
      after(() => live.program.stop("SIGTERM", 3_000));

      /** Fresh connections, their first request whole or in two segments, and kept ones. */
      async function traffic(): Promise<string[]> {
        const short = numbered("/short", 60);
        const kept = numbered("/kept", 3).map((prefix) => numbered(prefix, 20));
        const split = numbered("/split", 10);
        await Promise.all([
          curl(lab.client, ...CLOSE, ...short.map((uri) => `${LIVE}${uri}`)),
          ...kept.map((uris) => curl(lab.client, ...uris.map((uri) => `${LIVE}${uri}`))),
          ...split.map(async (uri) => {
            const socket = await client.connect(ADDRESS.live.v4, PORT);
            await socket.write(request(uri).slice(0, 9));
            await socket.write(request(uri).slice(9));
            await socket.until("HTTP/1.1 200");
            await socket.end();
          }),
        ]);
        return [...short, ...kept.flat(), ...split];
      }

      it("takes every request of the worker's user, first ones included", async () => {
        let sent: string[] = [];
        const result = await mirrored("www-data", async () => {
          sent = await traffic();
        });
        assert.deepEqual(result.received, sent.sort());
        assertWhole(result, sent.length, sent.length);
      });

      for (const user of ["root", "nobody"])
        it(`takes none for ${user}`, async () => {
          let sent: string[] = [];
          const result = await mirrored(user, async () => {
            sent = await traffic();
          });
          assert.deepEqual(result.received, []);
          assertWhole(result, sent.length, 0);
        });
    });
});

/** Connections that were open before the mirror attached are joined at a confirmed boundary only. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type BodyServer, startBodyServer } from "../lab/body-server.ts";
import { createLab, type Lab } from "../lab/lab.ts";
import { faults, mirrorDuring } from "../lab/mirror.ts";
import { type SocketClient, startSocketClient } from "../lab/socket-client.ts";

const PORT = 8080;
const LIVE = "10.77.1.2";
const TARGET = "http://10.77.2.3:8080";
const OK = "\r\n\r\nok";

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: live\r\n\r\n`;
}

/** What came back after `count` answers: enough to see that the next one is there. */
async function answers(socket: { until(text: string): Promise<string> }, count: number) {
  let text = "";
  while (text.split(OK).length <= count) text = await socket.until(OK);
}

for (const hook of ["cgroup", "tc"])
  describe(`joining, ${hook} hook`, () => {
    let lab: Lab;
    let shadow: BodyServer;
    let client: SocketClient;

    before(async () => {
      lab = await createLab();
      await startBodyServer(lab, lab.live, { port: PORT });
      shadow = await startBodyServer(lab, lab.shadow, { port: PORT });
      client = startSocketClient(lab.client);
    });
    after(() => lab[Symbol.asyncDispose]());

    const args = ["--port", String(PORT), "--to", TARGET, "--allow-methods", "all", "--hook", hook];

    function mirrored(prefix: string): string[] {
      const paths = shadow.requests().map(({ url }) => url);
      return paths.filter((path) => path.startsWith(prefix)).sort();
    }

    it("takes up an idle kept-alive connection", async () => {
      const socket = await client.connect(LIVE, PORT);
      await socket.write(get("/idle-1"));
      await answers(socket, 1);
      const { summary } = await mirrorDuring(lab, lab.live, args, async () => {
        for (const turn of [2, 3, 4, 5]) {
          await socket.write(get(`/idle-${turn}`));
          await answers(socket, turn);
        }
      });
      // The first one after attaching has no confirmed boundary before it: it may be lost, and is then counted.
      const paths = mirrored("/idle");
      assert.deepEqual(paths.slice(-3), ["/idle-3", "/idle-4", "/idle-5"]);
      assert.ok(!paths.includes("/idle-1"));
      assert.equal(
        summary.ledger.capture.decoded + summary.ledger.capture.lost.joined_mid_stream,
        4,
      );
      assert.deepEqual(faults(summary), []);
      await socket.reset();
    });

    it("is not fooled by a body that looks like requests", async () => {
      const socket = await client.connect(LIVE, PORT);
      const spoof = get("/spoof");
      const length = 1_000 + spoof.length * 3 + 5;
      await socket.write(
        `POST /upload HTTP/1.1\r\nHost: live\r\nContent-Length: ${length}\r\n\r\n`,
      );
      await socket.write("a".repeat(1_000));
      const { summary } = await mirrorDuring(lab, lab.live, args, async () => {
        await socket.write(spoof);
        await socket.write(`\r\n\r\n${spoof}${spoof}`);
        await socket.write("x");
        await answers(socket, 1);
        await socket.write(get("/real-1"));
        await answers(socket, 2);
        await socket.write(get("/real-2"));
        await answers(socket, 3);
      });
      assert.deepEqual(mirrored("/spoof"), []);
      assert.deepEqual(mirrored("/upload"), []);
      assert.deepEqual(mirrored("/real"), ["/real-1", "/real-2"]);
      assert.deepEqual(faults(summary), []);
      await socket.reset();
    });

    it("takes a connection from its SYN, with the request in as many segments as bytes", async () => {
      const { summary } = await mirrorDuring(lab, lab.live, args, async () => {
        const socket = await client.connect(LIVE, PORT);
        for (const byte of get("/slowly")) await socket.write(byte);
        await answers(socket, 1);
        await socket.write(get("/pipelined-1") + get("/pipelined-2") + get("/pipelined-3"));
        await answers(socket, 4);
        await socket.end();
      });
      assert.deepEqual(mirrored("/slowly"), ["/slowly"]);
      assert.deepEqual(mirrored("/pipelined"), ["/pipelined-1", "/pipelined-2", "/pipelined-3"]);
      assert.equal(summary.ledger.capture.decoded, 4);
      assert.deepEqual(faults(summary), []);
    });
  });

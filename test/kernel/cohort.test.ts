/** Cohorts: the same users on every node, and of each user everything or nothing. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { hashBytes, isSampled, thresholdOf } from "../../src/model/sample.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { curl } from "../lab/load.ts";
import { faults, firstTarget, type Mirror, startMirror } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";
import { type OddServer, startOddServer } from "../lab/odd-server.ts";
import { startSocketClient } from "../lab/socket-client.ts";
import { until } from "../lab/wait.ts";

const PORT = 8080;
const USERS = 100;
const VISITS = 3;
const CLIENTS = 60;
const LIVE = `http://${ADDRESS.live.v4}:${PORT}`;

interface Node {
  readonly lab: Lab;
  readonly shadow: OddServer;
}

async function startNode(): Promise<Node> {
  const lab = await createLab();
  await startNginx(lab, lab.live, { port: PORT, location: "return 200 live;" });
  const shadow = await startOddServer(lab, lab.shadow, PORT, "record");
  return { lab, shadow };
}

/** How often each first segment of a path came to the shadow, from `offset` of what it received. */
function visits({ shadow }: Node, offset: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [, who = ""] of shadow
    .received()
    .slice(offset)
    .matchAll(/^GET \/([^/ ]+)/gm))
    counts.set(who, (counts.get(who) ?? 0) + 1);
  return counts;
}

/** A user's visits are spread over connections, and mixed with those of others; `turn` makes another order of it. */
async function visitAll({ lab }: Node, turn: number): Promise<void> {
  const client = startSocketClient(lab.client);
  const sockets = await Promise.all([0, 1, 2, 3].map(() => client.connect("10.77.1.2", PORT)));
  const answers = sockets.map(() => 0);
  for (let visit = 0; visit < VISITS; visit++)
    for (let i = 0; i < USERS; i++) {
      const user = (i * (turn * 2 + 1) + visit) % USERS;
      const at = (user + visit * 7) % sockets.length;
      answers[at] = (answers[at] ?? 0) + 1;
      const field = turn === 0 ? "X-User" : "x-USER";
      const head = `GET /user-${user} HTTP/1.1\r\nHost: a\r\n${field}:  user-${user} \r\n\r\n`;
      await sockets[at]?.write(head);
    }
  for (const [at, socket] of sockets.entries()) {
    let received = 0;
    await until(
      async () => {
        received = (await socket.until(" 200 ")).split(" 200 ").length - 1;
        return received === answers[at];
      },
      10_000,
      () => `${received} of ${answers[at]} answers`,
    );
    await socket.end();
  }
}

describe("cohorts on two nodes", () => {
  let nodes: readonly [Node, Node];
  before(async () => {
    nodes = [await startNode(), await startNode()];
  });
  after(async () => {
    for (const { lab } of nodes) await lab[Symbol.asyncDispose]();
  });

  /** Mirrors on both nodes at once, by different hooks; returns who was mirrored how often on each. */
  async function mirrorBoth(
    sampleBy: string,
    work: (node: Node, turn: number) => Promise<void>,
  ): Promise<Map<string, number>[]> {
    const run = async (node: Node, turn: number, hook: string): Promise<Map<string, number>> => {
      const args = ["--port", String(PORT), "--to", `http://${ADDRESS.shadow.v4}:${PORT}`];
      args.push("--percent", "30", "--sample-by", sampleBy, "--hook", hook);
      const offset = node.shadow.received().length;
      const mirror: Mirror = await startMirror(node.lab, node.lab.live, args);
      await work(node, turn);
      const { summary } = await mirror.stop();
      assert.deepEqual(faults(summary), []);
      const counts = visits(node, offset);
      const sum = [...counts.values()].reduce((all, count) => all + count, 0);
      assert.equal(firstTarget(summary).delivered, sum);
      return counts;
    };
    return Promise.all([run(nodes[0], 0, "cgroup"), run(nodes[1], 1, "tc")]);
  }

  it("by a header: the users that the hash says, with every visit", async () => {
    const counts = await mirrorBoth("cohort:header:x-user", visitAll);
    const expected = new Map<string, number>();
    for (let i = 0; i < USERS; i++) {
      const name = Buffer.from(`user-${i}`);
      if (isSampled(hashBytes(name, 0, name.length), thresholdOf(0.3)))
        expected.set(name.toString(), VISITS);
    }
    assert.ok(expected.size > 15 && expected.size < 45, `${expected.size} of ${USERS} users`);
    const sorted = (map: Map<string, number>) => [...map].toSorted();
    for (const count of counts) assert.deepEqual(sorted(count), sorted(expected));
  });

  it("by the client's address, IPv4 and IPv6: every request of it or none, the same on both", async () => {
    const hosts = Array.from({ length: CLIENTS }, (_, i) => 100 + i);
    const names = hosts.flatMap((host) => [
      `address add 10.77.1.${host}/24 dev cable0`,
      `address add fd77:1::${host}/64 dev cable0 nodad`,
    ]);
    for (const { lab } of nodes) {
      const file = join(lab.dir, "addresses");
      writeFileSync(file, names.join("\n"));
      const { code, stderr } = await lab.client.run("ip", ["-batch", file]);
      assert.equal(code, 0, stderr);
    }
    const counts = await mirrorBoth("cohort:client", async ({ lab }, turn) => {
      const visit = (from: string, url: string) =>
        Array.from({ length: VISITS }, (_, i) => {
          // The second visit ends its connection, so that the third comes by another.
          const close = i === 1 ? ["-H", "Connection: close"] : [];
          return ["-sg", "--interface", from, ...close, `${url}/${i}`, "--next"];
        }).flat();
      const all = (turn === 0 ? hosts : hosts.toReversed()).flatMap((host) => [
        ...visit(`10.77.1.${host}`, `${LIVE}/four-${host}`),
        ...visit(`fd77:1::${host}`, `http://${ADDRESS.live.v6}:${PORT}/six-${host}`),
      ]);
      await curl(lab.client, ...all.slice(0, -1));
    });
    const [first, second] = counts.map((count) => [...count].toSorted());
    assert.deepEqual(first, second);
    for (const [who, count] of first ?? []) assert.equal(count, VISITS, who);
    for (const family of ["four", "six"]) {
      const among = (first ?? []).filter(([who]) => who.startsWith(family)).length;
      assert.ok(among > 5 && among < 35, `${among} of ${CLIENTS} ${family}`);
    }
  });
});

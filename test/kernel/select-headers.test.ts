/** Rules about header fields through the whole product, however the requests come: what matches is mirrored, nothing else. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type BodyServer, startBodyServer } from "../lab/body-server.ts";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { faults, firstTarget, mirrorDuring } from "../lab/mirror.ts";
import { type SocketClient, startSocketClient } from "../lab/socket-client.ts";
import { until } from "../lab/wait.ts";

const PORT = 8080;
const RULE = ["--header", "x-user-id: 42", "--allow-methods", "all"];
/** Of a body: it has everything that the rule asks for. */
const SPOOF = "GET /spoof HTTP/1.1\r\nHost: a\r\nX-User-Id: 42\r\n\r\n";

/** What one connection sends, and which of its requests the rule wants, in order. Paths begin with the play's name. */
interface Play {
  /** Writes of which the answers are awaited together, before the next of them. */
  readonly turns: readonly { readonly pieces: readonly string[]; readonly answers: number }[];
  readonly wanted: readonly string[];
}

function get(path: string, ...fields: readonly string[]): string {
  return `${[`GET ${path} HTTP/1.1`, "Host: a", ...fields].join("\r\n")}\r\n\r\n`;
}

function post(path: string, body: string, ...fields: readonly string[]): string {
  const lines = ["Host: a", `Content-Length: ${body.length}`, ...fields];
  return `${[`POST ${path} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n${body}`;
}

function chunked(path: string, body: string, ...fields: readonly string[]): string {
  const lines = ["Host: a", "Transfer-Encoding: chunked", ...fields];
  const wire = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  return `${[`POST ${path} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n${wire}`;
}

const YES = "X-User-Id: 42";
const NO = "X-User-Id: 43";

function turn(answers: number, ...pieces: readonly string[]): Play["turns"][number] {
  return { pieces, answers };
}

/** The same request once for each byte that it can be cut at; between them requests that are left out. */
function cutAnywhere(path: string, isWanted: boolean, ...fields: readonly string[]): Play {
  const texts = Array.from(get(path, ...fields), () => get(path, ...fields)).slice(1);
  return {
    turns: texts.flatMap((text, i) => [
      turn(1, text.slice(0, i + 1), text.slice(i + 1)),
      turn(1, get(path, NO)),
    ]),
    wanted: isWanted ? texts.map(() => path) : [],
  };
}

function inThrees(text: string): string[] {
  return text.match(/[\s\S]{1,3}/g) ?? [];
}

const PLAYS: Readonly<Record<string, Play>> = {
  cut: cutAnywhere("/cut", true, YES),
  "cut-and-other": cutAnywhere("/cut-and-other", false, "X-User-Id: 4", "X-User-Id: 421"),
  pieces: {
    turns: [
      turn(1, get("/pieces/1", NO)),
      turn(1, ...inThrees(get("/pieces/2", YES))),
      turn(1, ...inThrees(get("/pieces/3", NO))),
      turn(1, get("/pieces/4", YES)),
    ],
    wanted: ["/pieces/2", "/pieces/4"],
  },
  together: {
    turns: [
      turn(2, get("/together/1", NO) + get("/together/2", YES)),
      turn(2, get("/together/3", YES) + get("/together/4", NO)),
      turn(3, get("/together/5") + get("/together/6", NO) + get("/together/7", YES)),
      turn(3, get("/together/8") + get("/together/9", NO) + get("/together/10")),
    ],
    wanted: ["/together/2", "/together/3", "/together/7"],
  },
  "goes-on": {
    turns: [
      turn(
        2,
        `${get("/goes-on/1", NO)}GET /goes-on/2 HTTP/1.1\r\nHost: a\r\nX-Us`,
        "er-Id: 42\r\n\r\n",
      ),
      turn(
        2,
        `${get("/goes-on/3", NO)}GET /goes-on/4 HTTP/1.1\r\nHost: a\r\nX-User-Id: 4`,
        "3\r\n\r\n",
      ),
      turn(
        2,
        `${get("/goes-on/5", NO)}G`,
        `ET /goes-on/6 HTTP/1.1\r\nHost: a\r\n${YES}\r`,
        "\n\r",
        "\n",
      ),
    ],
    wanted: ["/goes-on/2", "/goes-on/6"],
  },
  case: {
    turns: [
      "X-USER-ID: 42",
      "x-user-id:42",
      "x-USER-id:\t 42 \t",
      "X-User-Id: 41\r\nX-User-Id: 42\r\nX-User-Id: 43",
      "Accept: */*\r\nx-user-id: 42\r\nAccept-Language: en",
      "X-User-ID: 42 42",
      "X-User-Id: 42,",
      "X-User-Idx: 42",
      "XX-User-Id: 42",
      "Other: x-user-id: 42",
    ].map((field, i) => turn(1, get(`/case/${i}`, field))),
    wanted: ["/case/0", "/case/1", "/case/2", "/case/3", "/case/4"],
  },
  kept: {
    turns: [
      ...Array.from({ length: 30 }, (_, i) => turn(1, get(`/kept/${i}`, NO))),
      turn(1, get("/kept/last", YES)),
    ],
    wanted: ["/kept/last"],
  },
  bodies: {
    turns: [
      turn(1, post("/bodies/1", SPOOF, NO)),
      turn(1, post("/bodies/2", SPOOF, YES)),
      turn(1, post("/bodies/3", SPOOF, NO).slice(0, -SPOOF.length), SPOOF),
      turn(1, chunked("/bodies/4", SPOOF, NO)),
      turn(1, chunked("/bodies/5", SPOOF, YES)),
      turn(1, ...chunked("/bodies/6", SPOOF, NO).split(/(?=GET)/)),
      turn(1, get("/bodies/7", YES)),
      turn(2, post("/bodies/8", SPOOF, NO) + get("/bodies/9", YES)),
      turn(2, post("/bodies/10", SPOOF, NO).slice(0, -9), SPOOF.slice(-9) + get("/bodies/11", YES)),
      turn(
        3,
        chunked("/bodies/12", SPOOF, NO) + get("/bodies/13", YES) + post("/bodies/14", SPOOF, NO),
      ),
      turn(1, get("/bodies/15", NO)),
      turn(1, post("/bodies/16", "x".repeat(100_000), NO)),
      turn(1, post("/bodies/17", "x".repeat(100_000), YES)),
    ],
    wanted: [2, 5, 7, 9, 11, 13, 17].map((i) => `/bodies/${i}`),
  },
};

const ANSWER = "HTTP/1.1 200 OK\r\n";

async function perform(client: SocketClient, { turns }: Play): Promise<void> {
  const socket = await client.connect("10.77.1.2", PORT);
  let due = 0;
  for (const { pieces, answers } of turns) {
    for (const piece of pieces) await socket.write(piece);
    due += answers;
    let received = 0;
    await until(
      async () => {
        received = (await socket.until(ANSWER)).split(ANSWER).length - 1;
        return received >= due;
      },
      10_000,
      () => `${received} of ${due} answers`,
    );
  }
  await socket.end();
}

type Received = ReturnType<BodyServer["requests"]>;

/** What a server read of one play: target and body of each request, in order. */
function of(received: Received, play: string): { url: string; bodySha256: string }[] {
  return received
    .filter(({ url }) => url.split("/")[1] === play)
    .map(({ url, bodySha256 }) => ({ url, bodySha256 }));
}

describe("a rule about a header field", () => {
  let lab: Lab;
  let live: BodyServer;
  let shadow: BodyServer;
  let client: SocketClient;
  before(async () => {
    lab = await createLab();
    live = await startBodyServer(lab, lab.live, { port: PORT });
    shadow = await startBodyServer(lab, lab.shadow, { port: PORT });
    client = startSocketClient(lab.client);
  });
  after(() => lab[Symbol.asyncDispose]());

  for (const hook of ["cgroup", "tc", "socket"])
    it(`--hook ${hook}: however requests come, those that match are mirrored, and no other`, async () => {
      const [before, already] = [live.requests().length, shadow.requests().length];
      const to = `http://${ADDRESS.shadow.v4}:${PORT}`;
      const args = ["--port", String(PORT), "--to", to, "--hook", hook, ...RULE];
      const { summary } = await mirrorDuring(lab, lab.live, args, () =>
        Promise.all(Object.values(PLAYS).map((play) => perform(client, play))),
      );
      const requests = live.requests().slice(before);
      const copies = shadow.requests().slice(already);
      for (const [play, { wanted }] of Object.entries(PLAYS)) {
        const copied = of(copies, play);
        assert.deepEqual(
          copied.map(({ url }) => url),
          wanted,
        );
        // The body of a copy is that of its request: the bodies of one path are all the same.
        const sent = new Map(of(requests, play).map((one) => [one.url, one]));
        for (const copy of copied) assert.deepEqual(copy, sent.get(copy.url));
      }
      const { skipped, seen } = summary.ledger.capture;
      assert.ok(skipped.not_selected > 100, `${skipped.not_selected} left out in the kernel`);
      assert.equal(firstTarget(summary).delivered, copies.length);
      assert.equal(seen, requests.length);
      assert.deepEqual(faults(summary), []);
    });
});

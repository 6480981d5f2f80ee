/** What arrives at the shadow, byte for byte. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { ADDRESS, createLab, type Lab } from "../lab/lab.ts";
import { bench10 } from "../lab/load.ts";
import { firstTarget, mirrorDuring } from "../lab/mirror.ts";
import { startNginx } from "../lab/nginx.ts";
import { type OddServer, startOddServer } from "../lab/odd-server.ts";
import { startSocketClient } from "../lab/socket-client.ts";

const PORT = 8080;
const TARGET = `http://${ADDRESS.shadow.v4}:${PORT}`;

describe("what the shadow receives", () => {
  let lab: Lab;
  let shadow: OddServer;

  before(async () => {
    lab = await createLab();
    await startNginx(lab, lab.live, { port: PORT });
  });
  beforeEach(async () => {
    shadow = await startOddServer(lab, lab.shadow, PORT, "record");
  });
  afterEach(() => shadow.program.stop("SIGKILL"));
  after(() => lab[Symbol.asyncDispose]());

  /** Sends one request as it stands and returns the copy's lines: request line, then header fields, sorted. */
  async function copyOf(request: string, to: string, ...args: string[]): Promise<string[]> {
    const flags = ["--port", String(PORT), "--to", to, ...args];
    const { summary } = await mirrorDuring(lab, lab.live, flags, async () => {
      const socket = await startSocketClient(lab.client).connect("10.77.1.2", PORT);
      await socket.write(request);
      await socket.until("HTTP/1.1 ");
      await socket.end();
    });
    assert.equal(firstTarget(summary).delivered, 1);
    const [line = "", ...fields] = shadow.received().split("\r\n\r\n")[0]?.split("\r\n") ?? [];
    return [line, ...fields.sort()];
  }

  const REQUEST =
    "GET /a/b?x=1&y=%20 HTTP/1.1\r\nhOsT: live.example\r\nX-Odd:  two  spaces \r\nCookie: a=b\r\n" +
    "Connection: close\r\nAccept: */*\r\n\r\n";

  it("is what the client sent, plus the marker, with Connection our own", async () => {
    assert.deepEqual(await copyOf(REQUEST, TARGET), [
      "GET /a/b?x=1&y=%20 HTTP/1.1",
      "Accept: */*",
      "Cookie: a=b",
      "X-Odd:  two  spaces ",
      "X-Shadow-Request: true",
      "baggage: shadow=true",
      "hOsT: live.example",
    ]);
  });

  it("can be changed by flags", async () => {
    const changes = ["--set-header", "X-Env: shadow", "--set-header", "accept: text/html"];
    const removal = ["--remove-header", "cookie", "--host", "target"];
    const lines = await copyOf(REQUEST, `${TARGET}/base/`, ...changes, ...removal);
    assert.equal(lines[0], "GET /base/a/b?x=1&y=%20 HTTP/1.1");
    assert.deepEqual(
      lines
        .slice(1)
        .map((line) => line.replace(/^host:/i, "Host:").replace(/^accept:/i, "Accept:"))
        .sort(),
      [
        "Accept: text/html",
        `Host: ${ADDRESS.shadow.v4}:${PORT}`,
        "X-Env: shadow",
        "X-Odd:  two  spaces ",
        "X-Shadow-Request: true",
        "baggage: shadow=true",
      ],
    );
  });

  it("cannot be taken for the request that it is a copy of", async () => {
    const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const request = [
      "GET / HTTP/1.1",
      "Host: live.example",
      'Idempotency-Key: "8e03978e"',
      `traceparent: ${trace}`,
      "tracestate: vendor=1",
      "baggage: user=7",
      "X-Request-Id: 1234",
    ].join("\r\n");
    const lines = await copyOf(`${request}\r\n\r\n`, TARGET);
    const parent = lines.find((line) => line.startsWith("traceparent: ")) ?? "";
    assert.match(parent, /^traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
    assert.notEqual(parent, `traceparent: ${trace}`);
    assert.deepEqual(
      lines.filter((line) => line !== parent),
      [
        "GET / HTTP/1.1",
        "Host: live.example",
        'Idempotency-Key: "shadow-8e03978e"',
        "X-Request-Id: 1234",
        "X-Shadow-Request: true",
        "baggage: user=7,shadow=true",
        "tracestate: shadowtap=00f067aa0ba902b7,vendor=1",
      ],
    );
  });

  it("says HTTP/1.1 when the client said HTTP/1.0, and keeps its own connection", async () => {
    const flags = ["--port", String(PORT), "--to", TARGET];
    const { summary } = await mirrorDuring(lab, lab.live, flags, () =>
      bench10(lab.client, {
        url: `http://${ADDRESS.live.v4}:${PORT}/ten`,
        connections: 2,
        requests: 20,
      }),
    );
    assert.equal(firstTarget(summary).delivered, 20);
    const text = shadow.received();
    assert.equal(text.split("GET /ten HTTP/1.1\r\n").length - 1, 20);
    assert.doesNotMatch(text, /^connection:/im);
  });
});

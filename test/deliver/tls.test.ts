import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { createServer, type TLSSocket } from "node:tls";
import { createHarness, GET, OK, POST, perRequest, type TestTarget } from "./harness.ts";
import { liveConnection } from "./request-view.ts";

let directory: string;
let ca: string;
let key: string;
let cert: string;

function openssl(line: string): void {
  execFileSync("openssl", line.split(" "), { cwd: directory, stdio: "pipe" });
}

before(() => {
  directory = mkdtempSync(join(tmpdir(), "shadowtap-tls-"));
  const ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
  openssl(`req -x509 ${ec} -days 1 -subj /CN=test-ca -keyout ca.key -out ca.pem`);
  openssl(
    `req ${ec} -subj /CN=shadow.test -addext subjectAltName=DNS:shadow.test,IP:127.0.0.1 -keyout key.pem -out csr.pem`,
  );
  openssl(
    "x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -copy_extensions copy -out cert.pem",
  );
  [ca, key, cert] = ["ca.pem", "key.pem", "cert.pem"].map((name) =>
    readFileSync(join(directory, name), "latin1"),
  ) as [string, string, string];
});
after(() => rmSync(directory, { recursive: true }));

async function tlsServer(t: TestContext, serve: (socket: TLSSocket) => void) {
  const sockets: TLSSocket[] = [];
  const server = createServer({ key, cert, ALPNProtocols: ["h2", "http/1.1"] }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

function tlsTarget(port: number, host = "127.0.0.1"): TestTarget {
  const authority = `${host}:${port}`;
  return { name: `https://${authority}`, tls: true, host, port, authority, pathPrefix: "" };
}

const lookup = async () => ["127.0.0.1"];
const answer = (socket: TLSSocket) => perRequest(socket, () => socket.write(OK));

describe("an https target", () => {
  test("is verified, told its name, and spoken HTTP/1.1 to", async (t) => {
    const server = await tlsServer(t, answer);
    const harness = createHarness(t, [tlsTarget(server.port, "shadow.test")], { ca }, { lookup });
    const live = liveConnection();
    const offered = [GET, POST, GET].map((text) => harness.offer(text, live));
    await harness.settle();
    for (const one of offered) assert.equal(harness.fate(one), "delivered 200");
    assert.equal(server.sockets.length, 1);
    assert.equal(server.sockets[0]?.servername, "shadow.test");
    assert.equal(server.sockets[0]?.alpnProtocol, "http/1.1");
    assert.equal(harness.connections.size, 1);
  });

  test("may be an address: no name is told, the address is verified", async (t) => {
    const server = await tlsServer(t, answer);
    const harness = createHarness(t, [tlsTarget(server.port)], { ca });
    const offered = harness.offer();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
    assert.equal(server.sockets[0]?.servername, false);
  });

  test("with a wrong name or an unknown signer is not sent anything", async (t) => {
    const server = await tlsServer(t, answer);
    const wrongName = createHarness(t, [tlsTarget(server.port, "other.test")], { ca }, { lookup });
    const unknown = createHarness(t, [tlsTarget(server.port, "shadow.test")], {}, { lookup });
    for (const harness of [wrongName, unknown]) {
      for (let i = 0; i < 5; i++) {
        const offered = harness.offer();
        await harness.settle();
        assert.equal(harness.fate(offered), "unsent connect_failed");
      }
    }
    assert.match(wrongName.states.join(), /open: .*other\.test/);
    assert.match(unknown.states.join(), /open: .*certificate/);
  });

  test("is not verified when that is asked for", async (t) => {
    const server = await tlsServer(t, answer);
    const harness = createHarness(
      t,
      [tlsTarget(server.port, "other.test")],
      { insecure: true },
      { lookup },
    );
    const offered = harness.offer();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
  });

  test("that speaks no TLS, or nothing, is a failed connection", async (t) => {
    const { createServer: createTcp } = await import("node:net");
    for (const [say, fate] of [
      ["HTTP/1.1 400 Bad\r\n\r\n", "unsent connect_failed"],
      [undefined, "unsent connect_timeout"],
    ] as const) {
      const server = createTcp((socket) => {
        socket.on("error", () => {});
        t.after(() => socket.destroy());
        if (say !== undefined) socket.end(say);
      }).listen(0, "127.0.0.1");
      t.after(() => server.close());
      await once(server, "listening");
      const port = (server.address() as AddressInfo).port;
      const harness = createHarness(t, [tlsTarget(port)], { ca, timeoutMs: 200 });
      const offered = harness.offer();
      await harness.settle();
      assert.equal(harness.fate(offered), fate);
    }
  });

  test("closes and resets as a plain one does", async (t) => {
    const server = await tlsServer(t, (socket) =>
      perRequest(socket, (head, count) => {
        if (head.includes("/close")) socket.end(OK.replace("\r\n", "\r\nConnection: close\r\n"));
        else if (head.includes("/reset")) socket.destroy();
        else if (head.includes("/hang")) return;
        else socket.write(count < 2 ? OK : "such garbage\r\n\r\n");
      }),
    );
    const harness = createHarness(t, [tlsTarget(server.port)], { ca, timeoutMs: 300 });
    const live = liveConnection();
    const fates: string[] = [];
    for (const path of ["/", "/close", "/", "/", "/", "/hang", "/reset", "/"]) {
      const offered = harness.offer(`POST ${path} HTTP/1.1\r\nHost: a\r\n\r\n`, live);
      await harness.settle();
      fates.push(harness.fate(offered));
    }
    assert.deepEqual(fates, [
      "delivered 200",
      "delivered 200",
      "delivered 200",
      "delivered 200",
      "sent_unanswered bad_response",
      "sent_unanswered timeout",
      "sent_unanswered connection_closed",
      "delivered 200",
    ]);
  });

  test("pipelines, and streams more than it takes at once", async (t) => {
    const server = await tlsServer(t, answer);
    const harness = createHarness(t, [tlsTarget(server.port)], {
      ca,
      pipeline: 8,
      timeoutMs: 5000,
    });
    const live = liveConnection();
    for (let i = 0; i < 50; i++) harness.offer(GET, i % 2 === 0 ? live : undefined);
    const block = Buffer.alloc(1 << 20, "x");
    const { offered, receiver } = harness.stream(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${5 << 20}\r\n\r\n`,
      live,
    );
    for (let i = 0; i < 5; i++) receiver.data(block, 0, block.length);
    receiver.end();
    await harness.settle();
    assert.equal(harness.fate(offered), "delivered 200");
    assert.equal(harness.deliverer.ledgers[0]?.delivered, 51);
  });
});

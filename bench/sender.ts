/**
 * Claim: sending a copy and reading its answer costs at most 12 µs of CPU at 10,000 requests a second in ticks of 5 ms,
 * and 3.5 µs pipelined. Prints the CPU of this process (user + system) per request for each way of sending.
 *
 *     node bench/sender.ts [--rates 2000,10000,20000] [--ticks 5] [--seconds 3] [--connections 100]
 *                          [--only idle,floor,default,pipeline,tls,socket]
 *
 * The shadow is nginx in its own process. `idle` is the timer alone: at low rates it is most of the sum.
 */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createResponseReader } from "../src/decode/http1/response-reader.ts";
import { createDeliverer } from "../src/deliver/deliverer.ts";
import { DELIVER_DEFAULTS, TARGET_DEFAULTS } from "../src/deliver/options.ts";
import { createSocketSet } from "../src/kernel/sockets.ts";
import { Exchange } from "../src/model/exchange.ts";
import type { Target, TargetOptions } from "../src/model/target.ts";
import { asRedacted } from "../src/redact/redacted.ts";
import { liveConnection, requestView } from "../test/deliver/request-view.ts";

const { values } = parseArgs({
  options: {
    rates: { type: "string", default: "2000,10000,20000" },
    ticks: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    connections: { type: "string", default: "100" },
    only: { type: "string", default: "idle,floor,default,pipeline,tls,socket" },
  },
});
const WARM_UP_SECONDS = 4;
const PORT = 18_080;
const TLS_PORT = 18_443;
const connections = Number(values.connections);
const directory = mkdtempSync(join(tmpdir(), "shadowtap-sender-"));

const REQUEST = [
  "GET /api/v1/orders/17?expand=items HTTP/1.1",
  "Host: orders.example.com",
  "User-Agent: bench/1.0",
  "Accept: */*",
  "Accept-Encoding: gzip, deflate",
  "Connection: keep-alive",
  "X-Request-Id: 5f2b6c1e-8f5e-4c44-9b0e-1f2d3c4b5a69",
  "\r\n",
].join("\r\n");

/** One way to send: `offer` for each request on live connection `index`, then `tick`. */
interface Sender {
  offer(index: number): void;
  /** Returns whether the next tick should come sooner. */
  tick(): boolean;
  answered(): number;
  close(): void;
}

/** Nothing but the system calls: what no sender over plain sockets can do without. */
function floorSender(): Sender {
  const sockets = createSocketSet();
  const copy = Buffer.from(REQUEST);
  sockets.arena.set(copy);
  const fds = Array.from({ length: connections }, () => sockets.connect("127.0.0.1", PORT));
  let answers = 0;
  return {
    offer: (index) => void sockets.send(fds[index] as number, sockets.arena, 0, copy.length),
    tick() {
      const count = sockets.poll();
      for (let i = 0; i < count; i++) if (sockets.receive(sockets.readyFd(i)) > 0) answers++;
      return false;
    },
    answered: () => answers,
    close: () => sockets.dispose(),
  };
}

function delivererSender(options: Partial<TargetOptions>, tls: boolean): Sender {
  const sockets = createSocketSet();
  const port = tls ? TLS_PORT : PORT;
  const authority = `127.0.0.1:${port}`;
  const target: Target = {
    name: authority,
    tls,
    host: "127.0.0.1",
    port,
    authority,
    pathPrefix: "",
    options: { ...TARGET_DEFAULTS, insecure: true, ...options },
  };
  const deliverer = createDeliverer(DELIVER_DEFAULTS, {
    sockets,
    createResponseReader,
    onOutcome() {},
  });
  const targets = [deliverer.add(target)];
  const lives = Array.from({ length: connections }, liveConnection);
  const made = requestView(REQUEST);
  // The ring is no Buffer, whose subarray costs more.
  const view = asRedacted({ ...made, bytes: new Uint8Array(made.bytes) });
  return {
    offer(index) {
      const exchange = new Exchange("bench", "GET", asRedacted("/"), 0, 0);
      deliverer.offer(lives[index] as (typeof lives)[0], view, exchange, targets);
    },
    tick() {
      deliverer.pump();
      return deliverer.blocked > 0;
    },
    answered: () => deliverer.ledgers[0]?.delivered ?? 0,
    close() {
      const ledger = deliverer.ledgers[0];
      deliverer.dispose();
      sockets.dispose();
      const full = ledger?.failed.unsent.queue_full ?? 0;
      if (full > 0) console.log(`  queue full: ${full}`);
    },
  };
}

function socketSender(): Sender {
  let answers = 0;
  const sockets: Socket[] = Array.from({ length: connections }, () => {
    const socket = connect({ host: "127.0.0.1", port: PORT, noDelay: true });
    socket.on("data", () => answers++);
    return socket;
  });
  return {
    offer: (index) => void sockets[index]?.write(REQUEST, "latin1"),
    tick: () => false,
    answered: () => answers,
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

const SENDERS: Record<string, () => Sender> = {
  idle: () => ({ offer() {}, tick: () => false, answered: () => 0, close() {} }),
  floor: floorSender,
  default: () => delivererSender({}, false),
  pipeline: () => delivererSender({ pipeline: 64 }, false),
  tls: () => delivererSender({}, true),
  socket: socketSender,
};

/** Paces `rate` requests a second in ticks over the live connections, in turn. */
async function drive(sender: Sender, rate: number, tickMs: number, seconds: number) {
  const began = performance.now();
  let offered = 0;
  let ticks = 0;
  let hurry = false;
  for (;;) {
    await delay(hurry ? 1 : tickMs);
    const elapsedMs = Math.min(performance.now() - began, seconds * 1000);
    const due = Math.floor((elapsedMs * rate) / 1000);
    for (; offered < due; offered++) sender.offer(offered % connections);
    hurry = sender.tick();
    ticks++;
    if (elapsedMs === seconds * 1000) return { offered, ticks };
  }
}

async function measure(name: string, rate: number, tickMs: number): Promise<void> {
  const sender = (SENDERS[name] as () => Sender)();
  await drive(sender, rate, tickMs, WARM_UP_SECONDS);
  const before = process.cpuUsage();
  const { offered, ticks } = await drive(sender, rate, tickMs, Number(values.seconds));
  const { user, system } = process.cpuUsage(before);
  sender.close();
  const us = (sum: number) => (sum / offered).toFixed(2).padStart(7);
  const perTick = ((user + system) / ticks).toFixed(0);
  console.log(
    `${name.padEnd(9)} ${String(rate).padStart(6)}/s ${tickMs} ms ${us(user + system)} µs/request` +
      ` (user ${us(user)}, system ${us(system)}), ${perTick} µs/tick`,
  );
}

async function startNginx(): Promise<() => Promise<void>> {
  const openssl =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=bench";
  execFileSync("openssl", [...openssl.split(" "), "-keyout", "key.pem", "-out", "cert.pem"], {
    cwd: directory,
    stdio: "ignore",
  });
  const config = `daemon off; worker_processes 1; pid nginx.pid; error_log stderr crit;
    events { worker_connections 4096; }
    http { access_log off; keepalive_requests 100000000; server {
      listen 127.0.0.1:${PORT}; listen 127.0.0.1:${TLS_PORT} ssl;
      ssl_certificate cert.pem; ssl_certificate_key key.pem;
      location / { return 200 "ok"; } } }`;
  writeFileSync(join(directory, "nginx.conf"), config);
  const nginx = spawn("nginx", ["-p", directory, "-c", "nginx.conf"], { stdio: "inherit" });
  const exited = once(nginx, "exit");
  while (!isRunning()) await delay(20);
  return async () => {
    nginx.kill();
    await exited;
    rmSync(directory, { recursive: true });
  };
}

function isRunning(): boolean {
  try {
    return readFileSync(join(directory, "nginx.pid"), "latin1") !== "";
  } catch {
    return false;
  }
}

const stop = await startNginx();
try {
  for (const tickMs of values.ticks.split(",").map(Number))
    for (const rate of values.rates.split(",").map(Number))
      for (const name of values.only.split(",")) await measure(name, rate, tickMs);
} finally {
  await stop();
}

/**
 * The main job on one machine: a live service, a client that uses it, and `shadowtap mirror` copying what it sees to a shadow.
 * Checks for itself that the shadow got exactly what the client sent, and ends with 1 if not.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, watch } from "node:fs";
import { Agent, createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const DURATION_MS = 8_000;
const PAUSE_MS = 200;
const SHADOWTAP = join(import.meta.dirname, "shadowtap");

/** What the client asks for in turn. The order is placed live only: POST is not mirrored unless it is allowed to be. */
const CALLS = [
  ["GET", "/products"],
  ["GET", "/products/42?colour=red"],
  ["HEAD", "/health"],
  ["GET", "/cart"],
  ["POST", "/orders"],
] as const;

interface Service {
  readonly server: Server;
  readonly port: number;
  readonly received: string[];
}

async function startService(answer: string): Promise<Service> {
  const received: string[] = [];
  const server = createServer((incoming, response) => {
    received.push(`${incoming.method} ${incoming.url}`);
    incoming.resume();
    response.end(answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port, received };
}

async function call(agent: Agent, port: number, method: string, path: string): Promise<string> {
  const outgoing = request({ agent, host: "127.0.0.1", port, method, path });
  outgoing.end(method === "POST" ? "one of everything" : undefined);
  const [response] = await once(outgoing, "response");
  response.resume();
  await once(response, "end");
  return `${method} ${path}`;
}

async function untilReady(file: string, directory: string, ended: Promise<unknown>): Promise<void> {
  const watcher = watch(directory);
  const over = ended.then(() => "ended");
  while (!existsSync(file)) {
    const news = await Promise.race([once(watcher, "change"), over]);
    if (news === "ended") throw new Error("shadowtap ended before it was ready");
  }
  watcher.close();
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return JSON.stringify([...left].sort()) === JSON.stringify([...right].sort());
}

const directory = mkdtempSync(join(tmpdir(), "shadowtap-demo-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
// Ctrl-C ends the traffic; what follows ends the mirror, once: a second signal would make it leave without its summary.
let interrupted = false;
process.on("SIGINT", () => {
  interrupted = true;
});

const live = await startService("live\n");
const shadow = await startService("shadow\n");
const ready = join(directory, "ready");
const target = `http://127.0.0.1:${shadow.port}`;
const args = ["mirror", "--port", String(live.port), "--to", target];
console.log(`$ scripts/shadowtap ${args.join(" ")}`);

const mirror = spawn(SHADOWTAP, [...args, "--ready-file", ready], {
  stdio: "inherit",
  detached: true,
});
const mirrorEnded = once(mirror, "exit");
process.once("exit", () => mirror.kill());
process.once("SIGTERM", () => process.exit(143));

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const sent: string[] = [];
try {
  await untilReady(ready, directory, mirrorEnded);
  const deadline = performance.now() + DURATION_MS;
  for (let turn = 0; performance.now() < deadline && !interrupted; turn++) {
    const [method, path] = CALLS[turn % CALLS.length] ?? CALLS[0];
    sent.push(await call(agent, live.port, method, path));
    await delay(PAUSE_MS);
  }
} finally {
  mirror.kill("SIGTERM");
  await mirrorEnded;
  agent.destroy();
  live.server.close();
  shadow.server.close();
  shadow.server.closeAllConnections();
}

const [code] = await mirrorEnded;
const expected = sent.filter((line) => !line.startsWith("POST"));
const isExact = isSame(shadow.received, expected) && isSame(live.received, sent);
console.log(
  `\nThe live service answered ${live.received.length} requests, ${expected.length} of them safe to copy; ` +
    `the shadow got ${shadow.received.length}${isExact ? ", exactly those." : ": not the same."}`,
);
if (interrupted) process.exitCode = 130;
else process.exitCode = isExact && code === 0 ? 0 : 1;

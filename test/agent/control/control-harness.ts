import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Controlled } from "../../../src/model/control.ts";
import { quietStatus } from "../../report/sample-status.ts";

/** Runs with a directory of its own, gone afterwards. */
export async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "shadowtap-control-"));
  try {
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A run that writes down what it is told. */
export function createControlled(changes: Partial<Controlled> = {}) {
  const told: string[] = [];
  const controlled: Controlled = {
    status: () => ({ ...quietStatus(), pid: process.pid }),
    pause(target, paused) {
      told.push(`${paused ? "pause" : "resume"} ${target}`);
      return `Target ${target} is ${paused ? "paused" : "resumed"}.`;
    },
    setShare(rule, share) {
      told.push(`${rule} ${share}`);
      return `Rule ${rule} mirrors ${share}.`;
    },
    async reload() {
      told.push("reload");
      return "Reloaded.";
    },
    stop() {
      told.push("stop");
      return "Stopping.";
    },
    ...changes,
  };
  return { controlled, told };
}

export async function open(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  await once(socket, "connect");
  socket.on("error", () => {});
  return socket;
}

/** Everything that comes until the other side closes, as one parsed answer a line. */
export async function answersOf(socket: Socket): Promise<Record<string, unknown>[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** A socket file that nobody listens at, as a killed run leaves it. */
export async function leaveDead(path: string): Promise<void> {
  const server = createServer().listen({ path: `${path}.tmp` });
  await once(server, "listening");
  renameSync(`${path}.tmp`, path);
  server.close();
  await once(server, "close");
}

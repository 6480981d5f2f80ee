import { existsSync, readFileSync, readlinkSync, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Program } from "./process.ts";

/** Looks again every few milliseconds until `look` is true; throws what `describe` says when `timeoutMs` is over. */
export async function until(
  look: () => boolean | Promise<boolean>,
  timeoutMs: number,
  describe: () => string,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`after ${timeoutMs} ms: ${describe()}`);
    await delay(10);
  }
}

/** True when the namespace of a process has a TCP listener on `port`; reads /proc, so no connection is made. */
function listens(pid: number, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const listener = new RegExp(`^ *\\d+: [0-9A-F]+:${hex} [0-9A-F:]+ 0A `, "m");
  return ["tcp", "tcp6"].some((family) => {
    try {
      return listener.test(readFileSync(`/proc/${pid}/net/${family}`, "latin1"));
    } catch {
      return false;
    }
  });
}

/** True once nsenter has moved the process into the namespace; before that, /proc/PID/net is still ours. */
function isInside(pid: number, netnsPath: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) === `net:[${statSync(netnsPath).ino}]`;
  } catch {
    return false;
  }
}

/** Waits until `program` (or someone else in its namespace) listens on `port`. */
export async function untilListening(
  program: Program,
  netnsPath: string,
  port: number,
): Promise<void> {
  await until(
    () => {
      if (program.exit() !== undefined)
        throw new Error(`ended before it listened on ${port}: ${program.stderr().trim()}`);
      return isInside(program.pid, netnsPath) && listens(program.pid, port);
    },
    10_000,
    () => `nothing listens on ${port}: ${program.stderr().trim()}`,
  );
}

/** Waits until a file exists, or the program that should write it has ended. */
export async function untilFile(path: string, program: Program, timeoutMs: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = (why?: string): void => {
      clearTimeout(timer);
      watcher.close();
      if (why === undefined) resolve();
      else reject(new Error(`${why} before ${basename(path)} appeared:\n${program.stderr()}`));
    };
    const watcher = watch(dirname(path), (_event, name) => {
      if (name === basename(path) && existsSync(path)) settle();
    });
    const timer = setTimeout(() => settle(`${timeoutMs} ms passed`), timeoutMs);
    void program.exited.then(({ code, signal }) => settle(`it ended with ${code ?? signal}`));
    if (existsSync(path)) settle();
  });
}

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { askRun, askStatus, socketOf } from "./ask-run.ts";
import { connectTo } from "./socket-path.ts";

const LOOK_INTERVAL_MS = 50;
/** A run closes its socket last of all; then it only prints its summary. */
const LEAVE_TIMEOUT_MS = 10_000;

/** When the process began, in ticks since boot: tells it from a later one of the same pid. Undefined when it is not there. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended; whoever started it has not asked yet.
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

async function answers(path: string): Promise<boolean> {
  try {
    (await connectTo(path)).destroy();
    return true;
  } catch {
    return false;
  }
}

/**
 * Asks a run to end in order and waits until it has: until nobody answers at its socket, and then for its process to leave,
 * which cannot be told from another one's if the run is in another pid namespace, so that wait is bounded. Returns its pid.
 */
export async function stopRun(socket: string | undefined, directory?: string): Promise<number> {
  const path = await socketOf(socket, directory);
  const { pid } = await askStatus(path);
  const start = startOf(pid);
  try {
    await askRun(path, { kind: "stop" });
  } catch (error) {
    // A run may be gone before its answer has left: it has done what it was asked, then.
    if (await answers(path)) throw error;
  }
  while (await answers(path)) await sleep(LOOK_INTERVAL_MS);
  const untilMs = performance.now() + LEAVE_TIMEOUT_MS;
  while (start !== undefined && startOf(pid) === start && performance.now() < untilMs)
    await sleep(LOOK_INTERVAL_MS);
  return pid;
}

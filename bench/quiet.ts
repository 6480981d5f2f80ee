import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const BUSY_SHARE = 0.1;
const LOOK_MS = 500;
const PATIENCE_MS = 30_000;

function cpuTimes(): { busy: number; all: number } {
  const line = readFileSync("/proc/stat", "latin1").split("\n")[0] ?? "";
  const times = line.split(/\s+/).slice(1, 9).map(Number);
  const all = times.reduce((sum, time) => sum + time, 0);
  return { busy: all - (times[3] ?? 0) - (times[4] ?? 0), all };
}

/**
 * Waits until the machine does nothing else; after half a minute it goes on and returns false: what is measured then is
 * somebody else's load as well, and a mirror that yields the CPU shows it first.
 */
export async function untilQuiet(): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_MS) {
    const before = cpuTimes();
    await delay(LOOK_MS);
    const after = cpuTimes();
    if ((after.busy - before.busy) / (after.all - before.all) < BUSY_SHARE) return true;
  }
  return false;
}

import { readFileSync } from "node:fs";

/** CPU time that may be used at full priority while CPUs are contended, before yielding. */
const BURST_MS = 200;
/** Share of time not contended that is credited again. */
const REFILL_RATIO = 0.25;
/** Contended: less than this share of the machine's CPU time was idle … */
const IDLE_RATIO = 0.15;
/** … or this process was ready to run and had to wait for this share of the time (a CPU set, a quota). */
const WAIT_RATIO = 0.1;

/** What the decision goes by, all counting up. */
export interface CpuAccount {
  /** Time that this process ran, and was ready but waited, in milliseconds. */
  readonly ranMs: number;
  readonly waitedMs: number;
  /** Time of all CPUs, and the idle part of it, in any unit. */
  readonly total: number;
  readonly idle: number;
}

/**
 * Decides when to give way to the live service: when CPUs have been contended for longer than a short burst. An
 * upload that must be followed at memory speed is a burst; full load is not.
 */
export interface YieldPolicy {
  /** To be asked a few times a second; true: be in the idle class from now on. */
  shouldYield(nowMs: number): boolean;
}

export function createYieldPolicy(
  startMs: number,
  readAccount: () => CpuAccount = readCpuAccount,
): YieldPolicy {
  let last = readAccount();
  let lastMs = startMs;
  let burstLeftMs = BURST_MS;
  let yielding = false;
  return {
    shouldYield(nowMs) {
      const now = readAccount();
      const elapsedMs = Math.max(1, nowMs - lastMs);
      const idleRatio = (now.idle - last.idle) / Math.max(1, now.total - last.total);
      const contended =
        idleRatio < IDLE_RATIO || now.waitedMs - last.waitedMs > elapsedMs * WAIT_RATIO;
      burstLeftMs += contended ? last.ranMs - now.ranMs : elapsedMs * REFILL_RATIO;
      burstLeftMs = Math.min(BURST_MS, Math.max(0, burstLeftMs));
      if (burstLeftMs === 0) yielding = true;
      if (burstLeftMs === BURST_MS) yielding = false;
      last = now;
      lastMs = nowMs;
      return yielding;
    },
  };
}

/** From /proc/self/schedstat (run and wait, nanoseconds) and the first line of /proc/stat; proc(5). */
function readCpuAccount(): CpuAccount {
  const [ranNs = 0, waitedNs = 0] = readNumbers("/proc/self/schedstat");
  // cpu user nice system idle iowait irq softirq steal; guest time is part of user time.
  const [, ...times] = readNumbers("/proc/stat").slice(0, 9);
  const [idle = 0, iowait = 0] = times.slice(3, 5);
  return {
    ranMs: ranNs / 1e6,
    waitedMs: waitedNs / 1e6,
    total: times.reduce((sum, time) => sum + time, 0),
    idle: idle + iowait,
  };
}

/** Numbers of a file's first line; none where the kernel does not keep the account (CONFIG_SCHED_INFO). */
function readNumbers(path: string): number[] {
  try {
    const [line = ""] = readFileSync(path, "latin1").split("\n", 1);
    return line.trim().split(/\s+/).map(Number);
  } catch {
    return [];
  }
}

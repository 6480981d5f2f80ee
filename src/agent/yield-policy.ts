import { readFileSync } from "node:fs";

/** CPU time that may be used at full priority while others wait for the CPU, before yielding. */
const BURST_MS = 300;
/** Share of time not contended that is credited again. */
const REFILL_RATIO = 0.25;
/** Waiting for the CPU this share of the time means that others want it. */
const CONTENTION_RATIO = 0.1;

/**
 * Decides when to give way to the live service: when the CPUs are contended for longer than a short burst. An
 * upload that must be followed at memory speed is a burst; full load is not.
 *
 * Contention is known from the scheduler's own account of how long this process was ready and had to wait
 * (/proc/self/schedstat: time run, time waited, both in nanoseconds).
 */
export interface YieldPolicy {
  /** To be asked about ten times a second; true: be in the idle class from now on. */
  shouldYield(nowMs: number): boolean;
}

export function createYieldPolicy(readSchedstat: () => string = readOwnSchedstat): YieldPolicy {
  let [ranNs, waitedNs] = parse(readSchedstat());
  let lastMs = performance.now();
  let burstLeftMs = BURST_MS;
  let yielding = false;
  return {
    shouldYield(nowMs) {
      const [ranNowNs, waitedNowNs] = parse(readSchedstat());
      const elapsedMs = Math.max(1, nowMs - lastMs);
      const ranMs = (ranNowNs - ranNs) / 1e6;
      const contended = (waitedNowNs - waitedNs) / 1e6 > elapsedMs * CONTENTION_RATIO;
      burstLeftMs += contended ? -ranMs : elapsedMs * REFILL_RATIO;
      burstLeftMs = Math.min(BURST_MS, Math.max(0, burstLeftMs));
      [ranNs, waitedNs, lastMs] = [ranNowNs, waitedNowNs, nowMs];
      if (burstLeftMs === 0) yielding = true;
      if (burstLeftMs === BURST_MS) yielding = false;
      return yielding;
    },
  };
}

function readOwnSchedstat(): string {
  try {
    return readFileSync("/proc/self/schedstat", "latin1");
  } catch {
    return ""; // A kernel without CONFIG_SCHED_INFO: never contended.
  }
}

function parse(schedstat: string): [ranNs: number, waitedNs: number] {
  const [ran = "0", waited = "0"] = schedstat.split(" ");
  return [Number(ran), Number(waited)];
}

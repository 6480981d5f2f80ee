import type { CostLimits } from "../model/run-config.ts";
import type { GovernorStatus } from "../model/status.ts";

/** What shadowtap has cost so far, and how hard it is to keep up. */
export interface Cost {
  /** CPU time of all processes, and of the programs in the kernel, since some start. */
  readonly cpuSeconds: number;
  readonly kernelSeconds: number;
  readonly memoryBytes: number;
  /** 0 … 1, of the fullest ring. */
  readonly ringUsed: number;
  readonly loopLagMs: number;
}

/** Lowers the share of requests that the kernel lets through before a limit breaks, and raises it again. */
export interface Governor {
  /** Takes in the cost up to now; returns the share to let through, 0 … 1. Made for being called a few times a second. */
  observe(cost: Cost, nowMs: number): number;
  readonly status: GovernorStatus;
}

/** Where the cost is steered to, as a part of the limit: what is measured lags behind, and is noisy. */
const AIM = 0.85;
/** Below this part of the limit the share may grow. */
const ROOM = 0.7;
const FASTEST_FALL = 0.2;
const FASTEST_RISE = 1.3;
/** Some requests are always let through, so that it is seen when they become cheaper. */
const LEAST_ADMITTED = 1 / 4096;
/** A ring this full, or a loop this late, means that CPU time is missing already: no more for now. */
const RING_PRESSURE = 0.5;
const LAG_PRESSURE_MS = 250;
/** Weight of the newest look. */
const SMOOTHING = 0.6;

/**
 * A steady state is looked for in steps: the cost has a part that does not depend on the share (ticks, packets that are looked at), so one look cannot
 * tell the share that fits.
 */
export function createGovernor(limits: CostLimits, start: Cost, startMs: number): Governor {
  const { maxCpu, maxMemoryBytes } = limits;
  let last = start;
  let lastMs = startMs;
  let cpu = 0;
  let kernelCpu = 0;
  let admitted = 1;
  let lowestAdmitted = 1;
  let limitedMs = 0;

  const factor = (cost: Cost): number => {
    let most = FASTEST_RISE;
    if (cost.ringUsed > RING_PRESSURE || cost.loopLagMs > LAG_PRESSURE_MS) most = 1;
    if (maxMemoryBytes !== undefined && cost.memoryBytes > maxMemoryBytes * AIM)
      most = cost.memoryBytes > maxMemoryBytes * 0.95 ? 0.5 : Math.min(most, 1);
    if (maxCpu === undefined) return most;
    const used = cpu + kernelCpu;
    const aim = maxCpu * AIM;
    if (used > aim) return Math.min(most, Math.max(FASTEST_FALL, aim / used));
    return used < maxCpu * ROOM
      ? Math.min(most, aim / Math.max(used, aim / FASTEST_RISE))
      : Math.min(most, 1);
  };

  return {
    observe(cost, nowMs) {
      const elapsedMs = Math.max(1, nowMs - lastMs);
      const share = (now: number, before: number) => ((now - before) * 1000) / elapsedMs;
      cpu += SMOOTHING * (share(cost.cpuSeconds, last.cpuSeconds) - cpu);
      kernelCpu += SMOOTHING * (share(cost.kernelSeconds, last.kernelSeconds) - kernelCpu);
      if (admitted < 1) limitedMs += elapsedMs;
      last = cost;
      lastMs = nowMs;
      if (maxCpu !== undefined || maxMemoryBytes !== undefined)
        admitted = Math.min(1, Math.max(LEAST_ADMITTED, admitted * factor(cost)));
      lowestAdmitted = Math.min(lowestAdmitted, admitted);
      return admitted;
    },
    get status() {
      return {
        maxCpu,
        maxMemoryBytes,
        cpu,
        kernelCpu,
        memoryBytes: last.memoryBytes,
        admitted,
        lowestAdmitted,
        limitedMs,
        ringUsed: last.ringUsed,
        loopLagMs: last.loopLagMs,
      };
    },
  };
}

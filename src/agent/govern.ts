import type { Capture } from "../capture/capture.ts";
import type { CostLimits } from "../model/run-config.ts";
import { thresholdOf } from "../model/sample.ts";
import type { GovernorStatus } from "../model/status.ts";
import { limitsText } from "../report/throttle-text.ts";
import { type Cost, createGovernor } from "./governor.ts";
import type { PayloadPool } from "./payload-pool.ts";
import { processRssBytes } from "./process-cost.ts";

/** Several looks a second while there is a limit to keep; without one only as often as somebody asks. */
const LOOK_INTERVAL_MS = 250;
/** Held back and let go again within this time is one matter to the reader. */
const QUIET_MS = 30_000;

export interface Governance extends Disposable {
  readonly status: GovernorStatus;
}

/** Measures what the run costs, and keeps it within its limits by what the kernel lets through. */
export function govern(
  limits: CostLimits,
  capture: Pick<Capture, "admit" | "kernelSeconds">,
  pool: Pick<PayloadPool, "cpuSeconds" | "rssBytes" | "reports">,
  say: (line: string) => void,
  /** As it begins to hold back, and when that is over: the share that is let through. */
  onHold: (admitted: number) => void = () => {},
): Governance {
  const keeperAtStart = process.cpuUsage();
  const look = (): Cost => {
    const { user, system } = process.cpuUsage(keeperAtStart);
    const reports = pool.reports();
    return {
      cpuSeconds: (user + system) / 1e6 + pool.cpuSeconds(),
      kernelSeconds: capture.kernelSeconds(),
      memoryBytes: processRssBytes(process.pid) + pool.rssBytes(),
      ringUsed: Math.max(0, ...reports.map(({ ringUsed }) => ringUsed)),
      loopLagMs: Math.max(0, ...reports.map(({ loopLagMs }) => loopLagMs)),
    };
  };
  const governor = createGovernor(limits, look(), performance.now());
  const isLimited = limits.maxCpu !== undefined || limits.maxMemoryBytes !== undefined;
  let saidMs = Number.NEGATIVE_INFINITY;
  let isHeldBack = false;
  let admitted = 1;

  const step = () => {
    const nowMs = performance.now();
    const next = governor.observe(look(), nowMs);
    if (next !== admitted) capture.admit(thresholdOf(next));
    admitted = next;
    if (admitted < 1) {
      if (!isHeldBack && nowMs - saidMs > QUIET_MS)
        say(
          `Holding back to stay within ${limitsText(limits)}: requests are left out in the kernel.`,
        );
      if (!isHeldBack) onHold(admitted);
      isHeldBack = true;
      saidMs = nowMs;
    } else if (isHeldBack && nowMs - saidMs > QUIET_MS) {
      isHeldBack = false;
      onHold(admitted);
      say(`Within ${limitsText(limits)} again: nothing is left out any more.`);
    }
  };
  const timer = isLimited ? setInterval(step, LOOK_INTERVAL_MS) : undefined;
  return {
    get status() {
      if (!isLimited) step();
      return governor.status;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}

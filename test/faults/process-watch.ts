import { existsSync, readFileSync } from "node:fs";
import { processCpuSeconds } from "../../src/agent/process-cost.ts";
import { heldBy } from "./kernel-objects.ts";

const LOOK_INTERVAL_MS = 200;

/** What was seen of a shadowtap while it ran. */
export interface ProcessWatch {
  /** The keeper and its payload processes. */
  readonly pids: ReadonlySet<number>;
  /** The eBPF objects that they held at any time. */
  readonly objects: ReadonlySet<string>;
  /** What they used of a core since the watch began, while they were there. */
  readonly cpuShare: number;
  /** The most memory that all of them held, each at its own worst moment. */
  readonly peakBytes: number;
  /** Looks again now. */
  look(): void;
  stop(): void;
}

function peakOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}

/** The processes that one has started and that still run. */
export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}

/** Watches from the outside, so that a process which is stopped or killed is seen as well. */
export function watchProcesses(keeper: number): ProcessWatch {
  const pids = new Set<number>();
  const objects = new Set<string>();
  const peaks = new Map<number, number>();
  const cpuSeconds = new Map<number, { readonly first: number; readonly last: number }>();
  const startMs = performance.now();
  let seenMs = startMs;
  const look = () => {
    for (const pid of [keeper, ...childrenOf(keeper)]) {
      pids.add(pid);
      peaks.set(pid, Math.max(peaks.get(pid) ?? 0, peakOf(pid)));
      for (const name of heldBy(pid)) objects.add(name);
      const used = isAlive(pid) ? processCpuSeconds(pid) : 0;
      const before = cpuSeconds.get(pid) ?? { first: used, last: used };
      cpuSeconds.set(pid, { ...before, last: Math.max(before.last, used) });
      if (isAlive(pid)) seenMs = performance.now();
    }
  };
  look();
  const timer = setInterval(look, LOOK_INTERVAL_MS);
  return {
    pids,
    objects,
    get cpuShare() {
      const used = [...cpuSeconds.values()].reduce((sum, { first, last }) => sum + last - first, 0);
      return used / Math.max(1, (seenMs - startMs) / 1_000);
    },
    get peakBytes() {
      return [...peaks.values()].reduce((sum, bytes) => sum + bytes, 0);
    },
    look,
    stop: () => clearInterval(timer),
  };
}

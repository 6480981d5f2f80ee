import { readFileSync, readlinkSync } from "node:fs";
// The global of this name is a getter, which costs more than reading the clock.
import { performance } from "node:perf_hooks";

const SELF = "/proc/self";

/**
 * How far CLOCK_MONOTONIC of this process is ahead of the kernel's own: it is another one in a time namespace, such as that of a
 * container that was moved from another machine.
 */
function namespaceOffsetNs(): number {
  try {
    // The offsets are those of the namespace that children get.
    if (readlinkSync(`${SELF}/ns/time`) !== readlinkSync(`${SELF}/ns/time_for_children`)) return 0;
    const text = readFileSync(`${SELF}/timens_offsets`, "latin1");
    const [, seconds, nanoseconds] = /^monotonic\s+(-?\d+)\s+(-?\d+)/m.exec(text) ?? [];
    return Number(seconds ?? 0) * 1e9 + Number(nanoseconds ?? 0);
  } catch {
    return 0; // A kernel without time namespaces has one clock.
  }
}

const originNs = (() => {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e9 + nanoseconds - performance.now() * 1e6 - namespaceOffsetNs();
})();

/** The kernel's CLOCK_MONOTONIC in nanoseconds, the clock of its records; about 0.2 µs exact, and cheaper than hrtime. */
export function monotonicNs(): number {
  return originNs + performance.now() * 1e6;
}

/** Milliseconds since this process began. */
export function uptimeMs(): number {
  return performance.now();
}

/** User and system time of this process since an earlier `process.cpuUsage()`, in seconds. */
export function cpuSecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

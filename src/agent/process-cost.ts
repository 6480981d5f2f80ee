import { readdirSync, readFileSync } from "node:fs";
import { PAGE_BYTES } from "../kernel/memory.ts";

/** Ticks of /proc/PID/stat, fixed by the kernel's interface for user space (USER_HZ). */
const TICKS_PER_SECOND = 100;

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // Gone.
  }
}

/** User and system time of a process, all threads, in seconds; 0 when it is gone. proc(5). */
export function processCpuSeconds(pid: number): number {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return 0;
  }
  // schedstat counts nanoseconds; stat ticks of 10 ms, too coarse for a look every half second.
  const schedstats = threads.map((thread) => read(`/proc/${pid}/task/${thread}/schedstat`));
  if (schedstats.every((text) => text !== ""))
    return schedstats.reduce((sum, text) => sum + Number(text.split(" ", 1)[0]), 0) / 1e9;
  // The name, in parentheses, may hold anything: fields are counted from behind it. utime and stime are fields 14 and 15.
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}

/** Resident memory of a process, in bytes; 0 when it is gone. */
export function processRssBytes(pid: number): number {
  return Number(read(`/proc/${pid}/statm`).split(" ")[1] ?? 0) * PAGE_BYTES;
}

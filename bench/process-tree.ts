import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks of /proc/PID/stat; the kernel's interface says 100 on every machine. */
const TICKS_PER_SECOND = 100;

interface Stat {
  readonly parent: number;
  readonly cpuSeconds: number;
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command's name, in parentheses, may itself contain spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { parent: Number(fields[1]), cpuSeconds: ticks / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}

/** A process and all its descendants, by what /proc says now. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? readStat(pid) : undefined;
    if (stat !== undefined) parents.set(pid, stat.parent);
  }
  const tree = [root];
  for (let at = 0; at < tree.length; at++)
    for (const [pid, parent] of parents) if (parent === tree[at]) tree.push(pid);
  return tree;
}

/** User and system time of a process and its descendants, in seconds. */
export function treeCpuSeconds(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + (readStat(pid)?.cpuSeconds ?? 0), 0);
}

/** Peak resident memory of a process tree, and how much of it are ring buffers of the kernel, in bytes. */
export function treeMemory(root: number): { peakBytes: number; ringBytes: number } {
  let peakKib = 0;
  let ringKib = 0;
  for (const pid of processTree(root)) {
    try {
      peakKib += Number(
        /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1],
      );
      const maps = readFileSync(`/proc/${pid}/smaps`, "latin1");
      for (const [, kib] of maps.matchAll(/anon_inode:bpf-map\n(?:.*\n)*?Rss:\s+(\d+) kB/g))
        ringKib += Number(kib);
    } catch {
      // It ended while we read.
    }
  }
  return { peakBytes: peakKib * 1024, ringBytes: ringKib * 1024 };
}

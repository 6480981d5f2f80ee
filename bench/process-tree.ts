import { readdirSync, readFileSync } from "node:fs";
import { processCpuSeconds } from "../src/agent/process-cost.ts";

/** The parent of a process; undefined when it is gone. */
function parentOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command's name, in parentheses, may itself contain spaces and parentheses.
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

/** A process and all its descendants, by what /proc says now. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? parentOf(pid) : undefined;
    if (parent !== undefined) parents.set(pid, parent);
  }
  const tree = [root];
  for (let at = 0; at < tree.length; at++)
    for (const [pid, parent] of parents) if (parent === tree[at]) tree.push(pid);
  return tree;
}

/** User and system time of a process and its descendants, in seconds. */
export function treeCpuSeconds(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + processCpuSeconds(pid), 0);
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

import { readdirSync, readFileSync } from "node:fs";
import type { ProcessSample } from "./history.ts";

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1")
    .split(" ")
    .filter(Boolean)
    .map(Number);
}

function sampleOf(pid: number, name: string): ProcessSample {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const rssKib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return {
    name,
    rssBytes: Number(rssKib ?? 0) * 1024,
    files: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** The keeper and its payload processes. Empty when it has ended, which is told elsewhere. */
export function sampleProcesses(keeper: number): ProcessSample[] {
  try {
    const payloads = childrenOf(keeper);
    return [
      sampleOf(keeper, "keeper"),
      ...payloads.map((pid, index) =>
        sampleOf(pid, payloads.length === 1 ? "payload" : `payload ${index + 1}`),
      ),
    ];
  } catch {
    return [];
  }
}

import { execFileSync } from "node:child_process";

/** One loaded program of ours, with the kernel's own statistics when they are switched on. */
export interface LoadedProgram {
  readonly id: number;
  readonly name: string;
  readonly runTimeNs: number;
  readonly runs: number;
}

function bpftool<T>(...args: string[]): T[] {
  return JSON.parse(execFileSync("bpftool", ["-j", ...args], { encoding: "utf8" })) as T[];
}

/** Programs in the kernel whose name begins with `st_`, whoever loaded them. */
export function loadedPrograms(): LoadedProgram[] {
  return bpftool<{ id: number; name?: string; run_time_ns?: number; run_cnt?: number }>(
    "prog",
    "show",
  )
    .filter(({ name }) => name?.startsWith("st_"))
    .map(({ id, name = "", run_time_ns = 0, run_cnt = 0 }) => ({
      id,
      name,
      runTimeNs: run_time_ns,
      runs: run_cnt,
    }));
}

/** The programs of `after` that were not in `before`: those that one mirror loaded. */
export function added(
  before: readonly LoadedProgram[],
  after: readonly LoadedProgram[],
): LoadedProgram[] {
  const known = new Set(before.map(({ id }) => id));
  return after.filter(({ id }) => !known.has(id));
}

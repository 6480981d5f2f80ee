import { readFileSync } from "node:fs";

/** Which start of this machine it is; undefined where there is no /proc. */
export function bootId(): string | undefined {
  return read("/proc/sys/kernel/random/boot_id")?.trim();
}

/** Clock ticks from the boot to the start of a process; undefined when there is none, or only its exit status. */
export function startedTicks(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The name is in parentheses and may hold any character.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields === undefined || fields[0] === "Z") return undefined;
  return Number(fields[19]);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

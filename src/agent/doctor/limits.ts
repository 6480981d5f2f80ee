import { readFileSync } from "node:fs";

/** A soft limit of this process by its name in /proc/self/limits; Infinity for unlimited. */
export function readLimit(name: string): number {
  const line = readFileSync("/proc/self/limits", "latin1")
    .split("\n")
    .find((candidate) => candidate.startsWith(name));
  const value = line?.slice(name.length).trim().split(/\s+/)[0] ?? "unlimited";
  return value === "unlimited" ? Number.POSITIVE_INFINITY : Number(value);
}

import { readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { findLeftovers, type Leftover } from "../capture/leftovers.ts";
import { cgroup2Mount } from "../capture/scope.ts";
import { requireCapabilities } from "./capabilities.ts";
import { CGROUP_PREFIX } from "./cpu-share.ts";

/** Everything that a killed shadowtap may have left in this network namespace and this node's cgroups. */
export function findAllLeftovers(): Leftover[] {
  return [...findLeftovers(), ...findEmptyCgroups()];
}

/** Removes the leftovers; returns what was removed, a line each. Needs the capabilities that capturing needs. */
export async function cleanLeftovers(): Promise<string[]> {
  requireCapabilities("tc");
  const leftovers = findAllLeftovers();
  for (const leftover of leftovers) leftover.remove();
  return leftovers.map(({ description }) => description);
}

/** Cgroups of payload processes that are gone. */
function findEmptyCgroups(): Leftover[] {
  const root = cgroup2Mount();
  if (root === undefined) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(CGROUP_PREFIX))
    .map((entry) => join(root, entry.name))
    .filter((path) => readFileSync(join(path, "cgroup.procs"), "latin1").trim() === "")
    .map((path) => ({ description: `cgroup ${path}`, remove: () => rmdirSync(path) }));
}

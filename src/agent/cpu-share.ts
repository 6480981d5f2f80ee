import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cgroup2Mount, cgroup2Path } from "../capture/scope.ts";
import { setIdleClass } from "../kernel/priority.ts";

/** Begins the name of the cgroups that payload processes get, so that leftovers can be told. */
export const CGROUP_PREFIX = "shadowtap-";

/** Files of a cgroup that are empty or say `max` when they limit nothing; pids.max is left out, which services have by default. */
const LIMITS = ["memory.max", "memory.high", "cpu.max", "cpuset.cpus"];

/** How much of the CPU a payload process gets while the live service wants it too. */
export interface CpuShare {
  yield(yielding: boolean): void;
  /** Takes back what was set up, once the process is gone. */
  dispose(): void;
}

/**
 * Three levels, because each only counts within the one above: a cgroup of its own where cgroup2 has the cpu controller and nobody limits ours,
 * the session's autogroup (sched(7): without it a nice value does not cross sessions), and the scheduling class. What
 * is not permitted is left out; `doctor` says what there is.
 */
export function createCpuShare(pid: number): CpuShare {
  const cgroup = moveToCgroup(pid);
  return {
    yield(yielding) {
      setIdleClass(pid, yielding);
      attempt(() => writeFileSync(`/proc/${pid}/autogroup`, yielding ? "19" : "0"));
      if (cgroup) attempt(() => writeFileSync(join(cgroup, "cpu.idle"), yielding ? "1" : "0"));
    },
    dispose() {
      if (cgroup) attempt(() => rmdirSync(cgroup));
    },
  };
}

function moveToCgroup(pid: number): string | undefined {
  const root = cgroup2Mount();
  if (root === undefined || !hasCpuController(root) || isCgroupLimited(pid, root)) return undefined;
  const path = join(root, `${CGROUP_PREFIX}${pid}`);
  if (!attempt(() => mkdirSync(path))) return undefined;
  // Before Linux 5.15 there is no such file.
  const moved =
    existsSync(join(path, "cpu.idle")) &&
    attempt(() => writeFileSync(join(path, "cgroup.procs"), String(pid)));
  if (moved) return path;
  attempt(() => rmdirSync(path));
  return undefined;
}

/**
 * Whether memory or CPU of a process are limited by its cgroup or one above it: whoever limits shadowtap means all of it, so that none
 * of it may leave. Documentation/admin-guide/cgroup-v2.rst.
 */
export function isCgroupLimited(pid: number | "self", root: string): boolean {
  return isPathLimited(root, cgroup2Path(String(pid)) ?? "");
}

/** `path`: of a cgroup, from `root`, where cgroup2 is mounted. One outside of the mount counts as limited: it cannot be looked at. */
export function isPathLimited(root: string, path: string): boolean {
  const names = path.split("/").filter(Boolean);
  if (names.includes("..")) return true;
  return names.some((_, depth) =>
    LIMITS.some((limit) => {
      const text = readText(join(root, ...names.slice(0, depth + 1), limit)).trim();
      return text !== "" && !text.startsWith("max");
    }),
  );
}

/** Whether children of this cgroup can be given a share of the CPU. */
export function hasCpuController(cgroup: string): boolean {
  return readText(join(cgroup, "cgroup.subtree_control")).split(/\s+/).includes("cpu");
}

/** Empty for a file that is not there: a cgroup that lacks the controller, or is gone. */
function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function attempt(change: () => void): boolean {
  try {
    change();
    return true;
  } catch {
    return false;
  }
}

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cgroup2Mount } from "../capture/scope.ts";
import { setIdleClass } from "../kernel/priority.ts";

/** Begins the name of the cgroups that payload processes get, so that leftovers can be told. */
export const CGROUP_PREFIX = "shadowtap-";

/** How much of the CPU a payload process gets while the live service wants it too. */
export interface CpuShare {
  yield(yielding: boolean): void;
  /** Takes back what was set up, once the process is gone. */
  dispose(): void;
}

/**
 * Three levels, because each only counts within the one above: a cgroup of its own where cgroup2 has the cpu controller,
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
  if (root === undefined || !hasCpuController(root)) return undefined;
  const path = join(root, `${CGROUP_PREFIX}${pid}`);
  const moved = attempt(() => {
    mkdirSync(path);
    writeFileSync(join(path, "cgroup.procs"), String(pid));
  });
  if (moved && existsSync(join(path, "cpu.idle"))) return path;
  attempt(() => rmdirSync(path));
  return undefined;
}

/** Whether children of this cgroup can be given a share of the CPU. */
export function hasCpuController(cgroup: string): boolean {
  const path = join(cgroup, "cgroup.subtree_control");
  return existsSync(path) && readFileSync(path, "latin1").split(/\s+/).includes("cpu");
}

function attempt(change: () => void): boolean {
  try {
    change();
    return true;
  } catch {
    return false;
  }
}

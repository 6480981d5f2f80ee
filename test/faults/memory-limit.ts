import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { until } from "../lab/wait.ts";

const PREFIX = "stlab-memory-";

/** Of cgroup v2, of v1, and their files for the limit and for what is in use. */
interface Controller {
  readonly directory: string;
  readonly limit: string;
  readonly used: string;
}

const V1: Controller = {
  directory: "/sys/fs/cgroup/memory",
  limit: "memory.limit_in_bytes",
  used: "memory.usage_in_bytes",
};

/** The memory controller that groups can be made under; undefined when there is none. */
export function memoryController(): Controller | undefined {
  if (existsSync(join(V1.directory, V1.limit))) return V1;
  const root = "/sys/fs/cgroup";
  const control = join(root, "cgroup.subtree_control");
  if (
    !existsSync(control) ||
    !readFileSync(join(root, "cgroup.controllers"), "utf8").includes("memory")
  )
    return undefined;
  if (!readFileSync(control, "utf8").includes("memory")) writeFileSync(control, "+memory");
  return { directory: root, limit: "memory.max", used: "memory.current" };
}

export interface MemoryLimit {
  /** Moves a process here, and lets it have this much more than it is charged for here. */
  restrict(pid: number, moreBytes: number): void;
  remove(): Promise<void>;
}

/** A group for processes that may not have much memory. What they had before stays charged where it was. */
export function createMemoryLimit(): MemoryLimit {
  const controller = memoryController();
  if (controller === undefined) throw new Error("this needs a memory controller");
  sweep(controller.directory);
  const group = join(controller.directory, `${PREFIX}${process.pid}`);
  mkdirSync(group);
  return {
    restrict(pid, moreBytes) {
      writeFileSync(join(group, "cgroup.procs"), String(pid));
      const used = Number(readFileSync(join(group, controller.used), "utf8"));
      writeFileSync(join(group, controller.limit), String(used + moreBytes));
    },
    remove: () =>
      until(
        () => {
          try {
            rmdirSync(group);
            return true;
          } catch {
            // What was ended in it is still on its way out.
            return !existsSync(group);
          }
        },
        5_000,
        () => `${group} is still in use`,
      ),
  };
}

/** Removes the groups of those who were killed before they could. */
function sweep(directory: string): void {
  for (const name of readdirSync(directory))
    if (name.startsWith(PREFIX) && !existsSync(`/proc/${name.slice(PREFIX.length)}`))
      rmdirSync(join(directory, name));
}

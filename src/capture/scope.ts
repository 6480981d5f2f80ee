import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ShadowtapError } from "../model/errors.ts";
import type { Scope } from "../model/run-config.ts";

/** Whose listeners are captured, as the hooks need it. */
export interface ResolvedScope {
  /** The cgroup2 directory whose sockets are in scope; undefined: any. */
  readonly cgroupPath: string | undefined;
  /** The network namespace in scope; undefined: any (of the cgroup). */
  readonly namespacePath: string | undefined;
  /** For messages: "this network namespace", "container 4f5e…" */
  readonly description: string;
}

const OWN_NAMESPACE = "/proc/thread-self/ns/net";

/** Where cgroup2 is mounted, from /proc/mounts; undefined if it is not. */
export function cgroup2Mount(): string | undefined {
  for (const line of readFileSync("/proc/mounts", "utf8").split("\n")) {
    const [, mountPoint, type] = line.split(" ");
    if (type === "cgroup2" && mountPoint)
      return mountPoint.replace(/\\([0-7]{3})/g, (_, octal) =>
        String.fromCharCode(parseInt(octal, 8)),
      );
  }
  return undefined;
}

/** Finds what the scope names; throws ST_SCOPE_UNKNOWN where there is no such thing. */
export function resolveScope(scope: Scope): ResolvedScope {
  switch (scope.kind) {
    case "own":
      return {
        cgroupPath: undefined,
        namespacePath: OWN_NAMESPACE,
        description: "this network namespace",
      };
    case "all":
      return {
        cgroupPath: undefined,
        namespacePath: undefined,
        description: "all network namespaces",
      };
    case "netns":
      if (!existsSync(scope.path))
        throw new ShadowtapError(
          "ST_SCOPE_UNKNOWN",
          `There is no network namespace at ${scope.path}.`,
          ["Named namespaces are in /run/netns, a process's own is /proc/PID/ns/net."],
        );
      return {
        cgroupPath: undefined,
        namespacePath: scope.path,
        description: `network namespace ${scope.path}`,
      };
    case "cgroup":
      return resolveCgroup(scope.path);
    case "container":
      return resolveContainer(scope.id);
  }
}

function resolveCgroup(path: string): ResolvedScope {
  const mount = cgroup2Mount();
  if (!mount)
    throw new ShadowtapError("ST_SCOPE_UNKNOWN", "No cgroup2 file system is mounted.", [
      "Mount one: `mount -t cgroup2 none /sys/fs/cgroup/unified`, or select by --netns.",
    ]);
  // As `systemctl show -p ControlGroup` prints it, or with the mount point in front.
  const candidates = [path, join(mount, path)];
  const found = candidates.find(
    (candidate) =>
      candidate.startsWith(mount) && statSync(candidate, { throwIfNoEntry: false })?.isDirectory(),
  );
  if (!found)
    throw new ShadowtapError("ST_SCOPE_UNKNOWN", `There is no cgroup at ${path}.`, [
      `cgroup2 is mounted at ${mount}; see /proc/PID/cgroup (the line that begins with 0::) for a process's path in it.`,
    ]);
  return { cgroupPath: found, namespacePath: undefined, description: `cgroup ${found}` };
}

/** Shortest id that is taken for one: what `docker ps` prints. */
const CONTAINER_ID = /^[0-9a-f]{12,64}$/;

function resolveContainer(id: string): ResolvedScope {
  if (!CONTAINER_ID.test(id))
    throw new ShadowtapError("ST_SCOPE_UNKNOWN", `${id} is not a container id.`, [
      "Give 12 to 64 hexadecimal digits, as `docker ps` or `crictl ps` print them.",
    ]);
  for (const pid of processes()) {
    const lines = readProcess(pid, "cgroup").split("\n");
    if (!lines.some((line) => line.includes(id))) continue;
    const mount = cgroup2Mount();
    const unified = cgroup2Path(pid);
    const description = `container ${id}`;
    // On hosts with cgroup v1 only the old hierarchies know the container: go by its network namespace.
    if (mount && unified?.includes(id)) {
      const upToId = unified.slice(0, unified.indexOf("/", unified.indexOf(id)) >>> 0);
      return { cgroupPath: join(mount, upToId), namespacePath: undefined, description };
    }
    return { cgroupPath: undefined, namespacePath: `/proc/${pid}/ns/net`, description };
  }
  throw new ShadowtapError("ST_SCOPE_UNKNOWN", `No process belongs to container ${id}.`, [
    "Check that it runs on this node, and that this process sees the node's processes (hostPID).",
  ]);
}

/** The path of a process's cgroup2, from where cgroup2 is mounted; undefined when it has none, or is gone. cgroups(7). */
export function cgroup2Path(pid: string): string | undefined {
  return /^0::(.*)$/m.exec(readProcess(pid, "cgroup"))?.[1];
}

/** Ids of all processes that this one can see. */
export function processes(): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

/** A file of a process's /proc directory; empty when the process has gone. */
export function readProcess(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

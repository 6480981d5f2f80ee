import { statSync } from "node:fs";
import { relative } from "node:path";
import { cgroup2Mount, resolveScope } from "../capture/scope.ts";
import { ShadowtapError } from "../model/errors.ts";
import type { CgroupId, Origin } from "../model/rule.ts";
import type { CaptureConfig, OriginSpec } from "../model/run-config.ts";
import { resolveProcesses } from "./resolve-processes.ts";
import { findUser } from "./system-user.ts";

/** What names of users, cgroups, containers and processes stand for on this machine, now. Throws ST_SCOPE_UNKNOWN. */
export function resolveOrigin(rule: string, spec: OriginSpec, capture: CaptureConfig): Origin {
  const { ports, local, exceptLocal, remote, exceptRemote } = spec;
  const origin: Origin = {
    ports,
    local,
    exceptLocal,
    remote,
    exceptRemote,
    uids: spec.users.map((user) => resolveUser(rule, user)),
    cgroups: [
      ...spec.cgroups.map((path) => cgroupIdOf(resolveScope({ kind: "cgroup", path }).cgroupPath)),
      ...spec.containers.map((id) => resolveContainer(rule, id)),
    ],
  };
  if (spec.pids.length === 0 && spec.executables.length === 0) return origin;
  return resolveProcesses(rule, spec, capture, origin, cgroupIdOf);
}

/** Names of the rules that ask for an owner, which only the cgroup hook knows. */
export function ownerRules(
  rules: readonly { readonly name: string; readonly from: Origin }[],
): string[] {
  return rules
    .filter(({ from }) => from.uids.length > 0 || from.cgroups.length > 0)
    .map(({ name }) => `rule ${name}`);
}

function resolveUser(rule: string, user: string): number {
  if (/^\d+$/.test(user)) return Number(user);
  const known = findUser(user);
  if (known !== undefined) return known.uid;
  throw new ShadowtapError("ST_SCOPE_UNKNOWN", `Rule ${rule}: there is no user ${user} here.`, [
    "Give the number: a user of a container is known by its number only.",
  ]);
}

function resolveContainer(rule: string, id: string): CgroupId {
  const { cgroupPath } = resolveScope({ kind: "container", id });
  if (cgroupPath !== undefined) return cgroupIdOf(cgroupPath);
  throw new ShadowtapError(
    "ST_SCOPE_UNKNOWN",
    `Rule ${rule}: container ${id} has no cgroup of its own in cgroup2.`,
    ["Capture it alone with --container, which then goes by its network namespace."],
  );
}

/** A cgroup2 directory's id is its inode number. */
function cgroupIdOf(path: string | undefined): CgroupId {
  const mount = cgroup2Mount();
  if (path === undefined || mount === undefined) throw new Error("a cgroup without a path");
  const below = relative(mount, path);
  return {
    id: statSync(path, { bigint: true }).ino.toString(),
    level: below === "" ? 0 : below.split("/").length,
  };
}

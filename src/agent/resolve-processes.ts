import { readdirSync, readlinkSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { addressBytes } from "../capture/address.ts";
import { parseSocketTable } from "../capture/listeners.ts";
import {
  cgroup2Mount,
  cgroup2Path,
  processes,
  type ResolvedScope,
  readProcess,
  resolveScope,
} from "../capture/scope.ts";
import { ShadowtapError } from "../model/errors.ts";
import type { CgroupId, Cidr, Origin } from "../model/rule.ts";
import type { CaptureConfig, OriginSpec } from "../model/run-config.ts";

interface Listening {
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/**
 * Narrows an origin to the sockets of processes. Which process reads a connection is nowhere in a packet, so they are told by what they
 * alone have: the addresses and ports that they listen on, or, where others listen there too (SO_REUSEPORT), their
 * cgroup. What sends requests listens nowhere and is told by its cgroup.
 */
export function resolveProcesses(
  rule: string,
  spec: OriginSpec,
  capture: CaptureConfig,
  origin: Origin,
  cgroupIdOf: (path: string) => CgroupId,
): Origin {
  const wanted = new Set([...spec.pids.map(String), ...spec.executables.flatMap(runningFrom)]);
  const what = [...spec.pids.map((pid) => `pid ${pid}`), ...spec.executables].join(", ");
  const unknown = (why: string, ...hints: readonly string[]) =>
    new ShadowtapError("ST_SCOPE_UNKNOWN", `Rule ${rule}: ${what} ${why}.`, hints);
  for (const pid of wanted) if (readProcess(pid, "stat") === "") wanted.delete(pid);
  if (wanted.size === 0)
    throw unknown("does not run", "Start the service first, or select it by --port or --uid.");
  const scope = resolveScope(capture.scope);
  for (const pid of wanted) if (!isWithin(pid, scope)) wanted.delete(pid);
  if (wanted.size === 0)
    throw unknown(
      `is not in ${scope.description}`,
      "Name its network namespace: --netns /proc/PID/ns/net.",
    );
  // An address says nothing of whose it is where several namespaces may have it.
  if (capture.direction === "out" || scope.namespacePath === undefined) return byCgroup();

  const all = [...wanted].flatMap(listeningOf);
  if (all.length === 0)
    throw unknown("listens nowhere", "Name the process that accepts the connections.");
  const inScope = all.filter(({ port }) =>
    spec.ports.some(({ first, last }) => first <= port && port <= last),
  );
  if (inScope.length === 0)
    throw unknown(
      `listens on port ${[...new Set(all.map(({ port }) => port))].join(", ")}, which is not captured`,
      "Name that port with --port.",
    );
  const others = othersOn(inScope, wanted);
  if (others === "shared") return byCgroup();
  const ports = [...new Set(inScope.map(({ port }) => port))];
  const addresses = new Set(inScope.map(({ address }) => address));
  for (const port of ports)
    if (
      new Set(inScope.filter((one) => one.port === port).map((one) => one.address)).size !==
      addresses.size
    )
      throw unknown(
        "listens on different addresses for different ports",
        "Write a rule for each with --port and --local.",
      );
  if (others.length > 0 && ports.length > 1) return byCgroup();
  const own = [...addresses].map(networkOf);
  const local = origin.local.length === 0 ? own : overlaps(own, origin.local);
  if (local.length === 0)
    throw unknown("does not listen on that address", "Leave out --local, or name another address.");
  return {
    ...origin,
    ports: ports.map((port) => ({ first: port, last: port })),
    local: local.some(({ bits }) => bits === 0) ? [] : local,
    exceptLocal: [...origin.exceptLocal, ...others],
  };

  function byCgroup(): Origin {
    const paths = new Set([...wanted].map(cgroupOf));
    const ofWanted = new Set([...wanted].flatMap(listeningOf).map(({ inode }) => inode));
    const isRival = (pid: string): boolean =>
      capture.direction === "out" || listeningOf(pid).some(({ inode }) => !ofWanted.has(inode));
    // A cgroup takes with it what is below it.
    const foreign = processes().filter(
      (pid) => !wanted.has(pid) && [...paths].some((path) => isBelow(cgroupOf(pid), path)),
    );
    if (paths.has(undefined) || foreign.some(isRival))
      throw unknown(
        "shares its cgroup with other processes, and cannot be told from them",
        "Give it a cgroup of its own, such as a systemd unit's, or select by --uid.",
      );
    const ids = [...paths].flatMap((path) => (path === undefined ? [] : [cgroupIdOf(path)]));
    return { ...origin, cgroups: [...origin.cgroups, ...ids] };
  }
}

function isWithin(pid: string, { cgroupPath, namespacePath }: ResolvedScope): boolean {
  if (cgroupPath !== undefined) return isBelow(cgroupOf(pid), cgroupPath);
  if (namespacePath === undefined) return true;
  const { ino } = statSync(namespacePath);
  return statSync(`/proc/${pid}/ns/net`, { throwIfNoEntry: false })?.ino === ino;
}

function isBelow(path: string | undefined, top: string | undefined): boolean {
  return path !== undefined && top !== undefined && !relative(top, path).startsWith("..");
}

function runningFrom(executable: string): string[] {
  return processes().filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "") === executable;
    } catch {
      return false; // A kernel thread, or gone.
    }
  });
}

function socketInodes(pid: string): Set<string> {
  const inodes = new Set<string>();
  let descriptors: string[];
  try {
    descriptors = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return inodes;
  }
  for (const descriptor of descriptors) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  return inodes;
}

/** Sockets that the process listens on, in its own network namespace. */
function listeningOf(pid: string): Listening[] {
  const inodes = socketInodes(pid);
  return ["net/tcp", "net/tcp6"]
    .flatMap((file) => parseSocketTable(readProcess(pid, file)))
    .filter(({ inode }) => inodes.has(inode));
}

/**
 * Networks within those listened on whose connections go to other processes: the kernel prefers the listener on the narrower
 * address. "shared" where it does not tell them apart.
 */
function othersOn(
  sockets: readonly Listening[],
  wanted: ReadonlySet<string>,
): readonly Cidr[] | "shared" {
  const inodes = new Set(sockets.map(({ inode }) => inode));
  const ports = new Set(sockets.map(({ port }) => port));
  const own = sockets.map(({ address }) => networkOf(address));
  const [anyone = "self"] = wanted;
  const others = ["net/tcp", "net/tcp6"]
    .flatMap((file) => parseSocketTable(readProcess(anyone, file)))
    .filter(({ port, inode }) => ports.has(port) && !inodes.has(inode))
    .map(({ address }) => networkOf(address))
    .filter((other) => own.some((one) => contains(one, other)));
  return others.some((other) => own.some((one) => contains(other, one))) ? "shared" : others;
}

/** The process's cgroup2 directory. */
function cgroupOf(pid: string): string | undefined {
  const mount = cgroup2Mount();
  const path = cgroup2Path(pid);
  return mount === undefined || path === undefined ? undefined : join(mount, path);
}

/** The addresses at which a listener is reached; one on 0.0.0.0 by IPv4 only. */
function networkOf(address: string): Cidr {
  const bits = address === "::" ? 0 : address === "0.0.0.0" ? 96 : 128;
  return { address: Buffer.from(addressBytes(address)).toString("hex"), bits };
}

function contains(wide: Cidr, narrow: Cidr): boolean {
  const first = ({ address }: Cidr) => BigInt(`0x${address}`) >> BigInt(128 - wide.bits);
  return wide.bits <= narrow.bits && first(wide) === first(narrow);
}

/** What is in a network of each of two lists. */
function overlaps(some: readonly Cidr[], others: readonly Cidr[]): Cidr[] {
  return some.flatMap((one) =>
    others.flatMap((other) => (contains(one, other) ? [other] : contains(other, one) ? [one] : [])),
  );
}

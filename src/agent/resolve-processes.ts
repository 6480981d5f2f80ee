import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { addressBytes } from "../capture/address.ts";
import { parseSocketTable } from "../capture/listeners.ts";
import { cgroup2Mount, processes, readProcess } from "../capture/scope.ts";
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
  if (capture.direction === "out") return byCgroup();

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
  if (hasRivals(inScope, wanted)) return byCgroup();
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
  const isAnywhere = [...addresses].some((address) => address === "0.0.0.0" || address === "::");
  return {
    ...origin,
    ports: ports.map((port) => ({ first: port, last: port })),
    local: isAnywhere || origin.local.length > 0 ? origin.local : [...addresses].map(singleAddress),
  };

  function byCgroup(): Origin {
    const paths = new Set([...wanted].map(cgroupOf));
    const foreign = processes().filter((pid) => !wanted.has(pid) && paths.has(cgroupOf(pid)));
    if (
      paths.has(undefined) ||
      foreign.some((pid) => listeningOf(pid).length > 0 || capture.direction === "out")
    )
      throw unknown(
        "shares its cgroup with other processes, and cannot be told from them",
        "Give it a cgroup of its own, such as a systemd unit's, or select by --uid.",
      );
    const ids = [...paths].flatMap((path) => (path === undefined ? [] : [cgroupIdOf(path)]));
    return { ...origin, cgroups: [...origin.cgroups, ...ids] };
  }
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

/** Whether processes that are not wanted listen on the same addresses and ports. */
function hasRivals(sockets: readonly Listening[], wanted: ReadonlySet<string>): boolean {
  const places = new Set(sockets.map(({ address, port }) => `${address} ${port}`));
  const own = new Set(sockets.map(({ inode }) => inode));
  const [anyone = "self"] = wanted;
  return ["net/tcp", "net/tcp6"]
    .flatMap((file) => parseSocketTable(readProcess(anyone, file)))
    .some(({ address, port, inode }) => places.has(`${address} ${port}`) && !own.has(inode));
}

/** The process's cgroup2 directory. */
function cgroupOf(pid: string): string | undefined {
  const mount = cgroup2Mount();
  const line = readProcess(pid, "cgroup")
    .split("\n")
    .find((one) => one.startsWith("0::"));
  return mount === undefined || line === undefined ? undefined : join(mount, line.slice(3));
}

function singleAddress(address: string): Cidr {
  return { address: Buffer.from(addressBytes(address)).toString("hex"), bits: 128 };
}

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { ifThere } from "../kernel/network-namespace.ts";
import { addressText } from "./address.ts";
import { processes, type ResolvedScope, readProcess } from "./scope.ts";

/** A socket in scope that listens on a captured port. */
export interface Listener {
  readonly address: string;
  readonly port: number;
  /** `nginx (pid 812)`, or empty when its process cannot be seen. */
  readonly owner: string;
}

const STATE_LISTEN = "0A";

/** What listens on the captured ports in scope, one entry per address and port. */
export function findListeners(scope: ResolvedScope, ports: ReadonlySet<number>): Listener[] {
  const found = new Map<string, { address: string; port: number; inode: string }>();
  for (const table of socketTables(scope))
    for (const entry of parseSocketTable(table))
      if (ports.has(entry.port)) found.set(`${entry.address} ${entry.port}`, entry);
  const owners =
    found.size > 0 ? ownersOf(new Set([...found.values()].map((e) => e.inode))) : new Map();
  return [...found.values()].map(({ address, port, inode }) => ({
    address,
    port,
    owner: owners.get(inode) ?? "",
  }));
}

/** Contents of /proc/net/tcp and tcp6 of every namespace in scope. */
function socketTables(scope: ResolvedScope): string[] {
  if (scope.namespacePath !== undefined)
    return (
      ifThere(scope.namespacePath, () => [
        readFileSync("/proc/thread-self/net/tcp", "latin1"),
        readProcess("thread-self", "net/tcp6"),
      ]) ?? []
    );
  const pids = scope.cgroupPath === undefined ? processes() : processesOfCgroup(scope.cgroupPath);
  const tables: string[] = [];
  for (const pid of onePerNamespace(pids))
    tables.push(readProcess(pid, "net/tcp"), readProcess(pid, "net/tcp6"));
  return tables;
}

function onePerNamespace(pids: readonly string[]): string[] {
  const byNamespace = new Map<string, string>();
  for (const pid of pids) {
    try {
      byNamespace.set(readlinkSync(`/proc/${pid}/ns/net`), pid);
    } catch {
      // The process has gone, or is not ours to look at.
    }
  }
  return [...byNamespace.values()];
}

function processesOfCgroup(path: string): string[] {
  const pids: string[] = [];
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) pids.push(...processesOfCgroup(join(path, entry.name)));
      if (entry.name === "cgroup.procs")
        pids.push(...readFileSync(join(path, entry.name), "latin1").split("\n").filter(Boolean));
    }
  } catch {
    // A cgroup that is gone, or goes meanwhile, has no processes.
  }
  return pids;
}

/** Listening sockets of one /proc/net/tcp{,6}: address words are in host order, ports in hexadecimal. */
export function parseSocketTable(
  table: string,
): { address: string; port: number; inode: string }[] {
  const entries: { address: string; port: number; inode: string }[] = [];
  for (const line of table.split("\n").slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [local = "", state, inode = ""] = [fields[1], fields[3], fields[9]];
    if (state !== STATE_LISTEN) continue;
    const [hexAddress = "", hexPort = ""] = local.split(":");
    entries.push({ address: parseHexAddress(hexAddress), port: parseInt(hexPort, 16), inode });
  }
  return entries;
}

function parseHexAddress(hex: string): string {
  const bytes = new Uint8Array(16);
  const words = new Uint32Array(bytes.buffer);
  const first = hex.length === 8 ? 3 : 0;
  if (first === 3) bytes.fill(0xff, 10, 12);
  for (let word = 0; word * 8 < hex.length; word++)
    words[first + word] = parseInt(hex.slice(word * 8, word * 8 + 8), 16);
  return addressText(bytes);
}

/** `name (pid N)` by socket inode, for the sockets wanted. */
function ownersOf(inodes: ReadonlySet<string>): Map<string, string> {
  const owners = new Map<string, string>();
  for (const pid of processes()) {
    let descriptors: string[];
    try {
      descriptors = readdirSync(`/proc/${pid}/fd`);
    } catch {
      continue;
    }
    for (const descriptor of descriptors) {
      let link: string;
      try {
        link = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      } catch {
        continue;
      }
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode && inodes.has(inode) && !owners.has(inode))
        owners.set(inode, `${readProcess(pid, "comm").trim()} (pid ${pid})`);
    }
    if (owners.size === inodes.size) break;
  }
  return owners;
}

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Finished, finish, kill, type Program, type SpawnOptions, start } from "./process.ts";

const PREFIX = "stlab-";
const NETNS_DIR = "/run/netns";

/** One network namespace: a machine as far as TCP is concerned. */
export interface Host {
  readonly netns: string;
  readonly netnsPath: string;
  /** Starts a program inside; the lab ends it at the latest when it is disposed of. */
  start(command: string, args: readonly string[], options?: SpawnOptions): Program;
  /** Runs a program inside to its end; `timeoutMs` 30,000 unless told. */
  run(command: string, args: readonly string[], timeoutMs?: number): Promise<Finished>;
}

/**
 * Three machines on two cables, each IPv4 and IPv6:
 *
 *     client 10.77.1.1 ── cable0 ── 10.77.1.2 live 10.77.2.2 ── cable1 ── 10.77.2.3 shadow
 *            fd77:1::1              fd77:1::2      fd77:2::2              fd77:2::3
 */
export interface Lab extends AsyncDisposable {
  readonly client: Host;
  readonly live: Host;
  readonly shadow: Host;
  /** A directory of its own, readable by the unprivileged users that servers run as. */
  readonly dir: string;
  /** A number no other call has returned, for names of files. */
  next(): number;
}

/** Addresses of the lab, IPv6 as in a URL. */
export const ADDRESS = {
  live: { v4: "10.77.1.2", v6: "[fd77:1::2]" },
  loopback: { v4: "127.0.0.1", v6: "[::1]" },
  shadow: { v4: "10.77.2.3", v6: "[fd77:2::3]" },
} as const;

export type Family = keyof typeof ADDRESS.live;

let labs = 0;
const open = new Set<() => void>();

function ip(...args: string[]): string {
  return execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Ends whatever still runs in a namespace of ours, then deletes it. Synchronous, so that exit handlers can use it. */
function demolish(netns: string): void {
  const { stdout } = spawnSync("ip", ["netns", "pids", netns], { encoding: "utf8" });
  for (const pid of (stdout ?? "").split("\n").filter(Boolean)) kill(Number(pid), "SIGKILL");
  spawnSync("ip", ["netns", "del", netns]);
}

/** Entries of a directory that belong to a lab whose owner is gone: it was killed before it could clean up. */
function orphans(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) => {
    const owner = name.startsWith(PREFIX) ? name.slice(PREFIX.length).split("-")[0] : undefined;
    return owner !== undefined && !existsSync(`/proc/${owner}`);
  });
}

function sweep(): void {
  for (const netns of orphans(NETNS_DIR)) demolish(netns);
  for (const name of orphans(tmpdir()))
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
}

function cleanUpOnExit(): void {
  process.once("exit", () => {
    for (const demolishNow of open) demolishNow();
  });
  // The test runner ends a file that takes too long with TERM; without a handler no exit event is emitted.
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    process.once(signal, () => process.exit(code));
}

function connect(client: string, live: string, shadow: string): void {
  ip("link", "add", "cable0", "netns", client, "type", "veth", "peer", "cable0", "netns", live);
  ip("link", "add", "cable1", "netns", live, "type", "veth", "peer", "cable1", "netns", shadow);
  const ends = [
    [client, "cable0", "10.77.1.1/24", "fd77:1::1/64"],
    [live, "cable0", "10.77.1.2/24", "fd77:1::2/64"],
    [live, "cable1", "10.77.2.2/24", "fd77:2::2/64"],
    [shadow, "cable1", "10.77.2.3/24", "fd77:2::3/64"],
  ] as const;
  for (const [netns, device, v4, v6] of ends) {
    ip("-n", netns, "address", "add", v4, "dev", device);
    ip("-n", netns, "address", "add", v6, "dev", device, "nodad");
    ip("-n", netns, "link", "set", device, "up");
    ip("-n", netns, "link", "set", "lo", "up");
  }
}

/** Builds a lab. Needs root. Dispose of it in `after`: whatever it started is ended, whatever it made is removed. */
export async function createLab(): Promise<Lab> {
  if (process.getuid?.() !== 0)
    throw new Error("this needs root, for network namespaces and eBPF: run it with sudo");
  sweep();
  if (labs === 0) cleanUpOnExit();
  labs += 1;
  const base = `${PREFIX}${process.pid}-${labs}`;
  const dir = mkdtempSync(join(tmpdir(), `${base}-`));
  chmodSync(dir, 0o755);
  const programs: Program[] = [];
  const names = { client: `${base}-client`, live: `${base}-live`, shadow: `${base}-shadow` };
  const demolishAll = (): void => {
    for (const netns of Object.values(names)) demolish(netns);
    rmSync(dir, { recursive: true, force: true });
  };
  open.add(demolishAll);
  for (const netns of Object.values(names)) ip("netns", "add", netns);
  connect(names.client, names.live, names.shadow);

  const createHost = (netns: string): Host => {
    const netnsPath = join(NETNS_DIR, netns);
    const host: Host = {
      netns,
      netnsPath,
      start(command, args, options) {
        // Not `ip netns exec`: it mounts a new /sys, which hides cgroup2 and bpffs.
        const inside = [`--net=${netnsPath}`, "--", command, ...args];
        const program = start("nsenter", inside, options);
        programs.push(program);
        return program;
      },
      run: async (command, args, timeoutMs = 30_000) =>
        finish(host.start(command, args), timeoutMs),
    };
    return host;
  };
  let files = 0;
  return {
    client: createHost(names.client),
    live: createHost(names.live),
    shadow: createHost(names.shadow),
    dir,
    next() {
      files += 1;
      return files;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(programs.map((program) => program.stop("SIGTERM", 3_000)));
      demolishAll();
      open.delete(demolishAll);
    },
  };
}

/** Switches segmentation and receive offloads of both ends of the client's cable. */
export async function setOffloads(lab: Lab, on: boolean): Promise<void> {
  const state = on ? "on" : "off";
  const features = ["gro", "gso", "tso"].flatMap((feature) => [feature, state]);
  for (const host of [lab.client, lab.live]) {
    const { code, stderr } = await host.run("ethtool", ["-K", "cable0", ...features]);
    if (code !== 0) throw new Error(`ethtool: ${stderr}`);
  }
}

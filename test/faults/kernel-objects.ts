import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { Host } from "../lab/lab.ts";

const KINDS = ["prog", "link", "map"] as const;

/** Kernel objects as `prog 12`, `link 3`, `map 9`. */
type ObjectName = string;

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // It has gone since we saw it.
    return "";
  }
}

/** The eBPF objects that a process holds by a descriptor. */
export function heldBy(pid: number): ObjectName[] {
  const directory = `/proc/${pid}/fdinfo`;
  let names: string[] = [];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names.flatMap((fd) =>
    [...readOrEmpty(`${directory}/${fd}`).matchAll(/^(prog|link|map)_id:\s*(\d+)$/gm)].map(
      ([, kind, id]) => `${kind} ${id}`,
    ),
  );
}

/** Every eBPF object of the kernel, whoever made it. */
export function allObjects(): ReadonlySet<ObjectName> {
  const found = new Set<ObjectName>();
  for (const kind of KINDS) {
    const text = execFileSync("bpftool", ["-j", kind, "show"], {
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    for (const { id } of JSON.parse(text) as { readonly id: number }[]) found.add(`${kind} ${id}`);
  }
  return found;
}

/** The filters that tc lists at every interface of a machine. */
export async function tcLists(host: Host): Promise<readonly string[]> {
  const { stdout } = await host.run("ip", ["-o", "link", "show"]);
  const devices = [...stdout.matchAll(/^\d+: ([^:@]+)/gm)].map(([, name]) => name ?? "");
  const lists: string[] = [];
  for (const device of devices)
    for (const side of ["ingress", "egress"]) {
      const { stdout: filters } = await host.run("tc", ["filter", "show", "dev", device, side]);
      const lines = filters.split("\n").filter(Boolean);
      lists.push(...lines.map((line) => `${device} ${side}: ${line.trim()}`));
    }
  return lists;
}

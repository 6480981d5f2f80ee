import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { KernelObjects } from "./history.ts";

interface Listed {
  readonly id: number;
  readonly btf_id?: number;
  readonly prog_id?: number;
}

function list(kind: "prog" | "map" | "link"): Listed[] {
  const text = execFileSync("bpftool", ["-j", kind, "show"], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(text) as Listed[];
}

/** Numbers of what a process holds by a descriptor, such as `prog_id`. */
function heldBy(pid: number, field: "prog_id" | "map_id"): Set<number> {
  const held = new Set<number>();
  const pattern = new RegExp(`^${field}:\\s+(\\d+)$`, "m");
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    try {
      const id = pattern.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1"))?.[1];
      if (id !== undefined) held.add(Number(id));
    } catch {
      // Closed between our look at the directory and our look at it.
    }
  }
  return held;
}

/** Counts what one run has in the kernel, beside whatever other runs have there. */
export interface ObjectCounter {
  count(): KernelObjects;
  /** What is there still when the keeper has ended. */
  countLeftBehind(): KernelObjects;
}

/**
 * Every object file that is loaded brings type information of its own, by whose number all that came from it is known: also what
 * the keeper holds no descriptor of any more.
 */
export function createObjectCounter(keeper: number): ObjectCounter {
  const types = new Set<number>();

  function countOwn(): KernelObjects {
    const own = (one: Listed) => one.btf_id !== undefined && types.has(one.btf_id);
    const programs = list("prog").filter(own);
    const ids = new Set(programs.map(({ id }) => id));
    const isOurs = ({ prog_id }: Listed) => prog_id !== undefined && ids.has(prog_id);
    return {
      programs: programs.length,
      maps: list("map").filter(own).length,
      links: list("link").filter(isOurs).length,
    };
  }

  function learn(kind: "prog" | "map", field: "prog_id" | "map_id"): void {
    const held = heldBy(keeper, field);
    for (const { id, btf_id } of list(kind))
      if (held.has(id) && btf_id !== undefined && btf_id > 0) types.add(btf_id);
  }

  return {
    count() {
      learn("prog", "prog_id");
      learn("map", "map_id");
      return countOwn();
    },
    countLeftBehind: countOwn,
  };
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { probeHook } from "../../capture/probe-hook.ts";
import { cgroup2Mount } from "../../capture/scope.ts";
import { cgroupProgramsKnowNamespace } from "../../kernel/probe.ts";
import type { Check } from "../../model/diagnosis.ts";
import { ShadowtapError } from "../../model/errors.ts";
import { effectiveCapabilities, mayScanHeads, missingCapabilities } from "../capabilities.ts";

const CATEGORY = "hooks";

export async function checkHooks(): Promise<Check[]> {
  const mayLoad = missingCapabilities(effectiveCapabilities()).length === 0;
  return [
    checkCgroup2(),
    mayLoad ? checkNamespaces() : unknown("network namespaces"),
    mayLoad ? await checkPrograms("cgroup") : unknown("cgroup programs"),
    mayLoad ? await checkPrograms("tc") : unknown("tc programs"),
    mayLoad ? await checkPrograms("socket") : unknown("socket programs"),
    await checkOtherPrograms(),
  ];
}

function unknown(name: string): Check {
  return { category: CATEGORY, name, result: "unknown", detail: "Needs the capabilities above." };
}

function checkCgroup2(): Check {
  const mount = cgroup2Mount();
  const base = { category: CATEGORY, name: "cgroup2" };
  return mount === undefined
    ? {
        ...base,
        result: "warning",
        detail: "Not mounted: the tc hook will be used.",
        hint: "Mount it: `mount -t cgroup2 none /sys/fs/cgroup/unified`.",
      }
    : { ...base, result: "ok", detail: `Mounted at ${mount}.` };
}

function checkNamespaces(): Check {
  const base = { category: CATEGORY, name: "network namespaces" };
  return cgroupProgramsKnowNamespace()
    ? { ...base, result: "ok", detail: "Known to cgroup programs." }
    : {
        ...base,
        result: "warning",
        detail: "Not known to cgroup programs: for one namespace the tc hook will be used.",
        hint: "Linux 6.15 tells them.",
      };
}

/** Loads the real programs, attaches none. */
async function checkPrograms(hook: "cgroup" | "tc" | "socket"): Promise<Check> {
  const base = { category: CATEGORY, name: `${hook} programs` };
  try {
    return {
      ...base,
      result: "ok",
      detail: await probeHook(hook, mayScanHeads(effectiveCapabilities())),
    };
  } catch (error) {
    if (!(error instanceof ShadowtapError)) throw error;
    const hint = error.hints[0];
    return {
      ...base,
      result: "error",
      permission: error.code === "ST_PERMISSION",
      detail: error.message,
      ...(hint === undefined ? {} : { hint }),
    };
  }
}

interface BpftoolNet {
  readonly tc?: readonly {
    readonly devname: string;
    readonly kind: string;
    readonly name?: string;
  }[];
}

/** Programs of others at the same interfaces: a network plugin's may end the chain before ours (TC_ACT_OK). */
async function checkOtherPrograms(): Promise<Check> {
  const base = { category: CATEGORY, name: "other tc programs" };
  let found: BpftoolNet[];
  try {
    const { stdout } = await promisify(execFile)("bpftool", ["-j", "net", "show"]);
    found = JSON.parse(stdout);
  } catch {
    return { ...base, result: "unknown", detail: "Needs bpftool, and the capabilities above." };
  }
  const others = found
    .flatMap((entry) => entry.tc ?? [])
    .filter(({ name }) => !name?.startsWith("st_"))
    .map(({ devname, kind, name }) => `${name ?? "unnamed"} (${kind} on ${devname})`);
  return others.length === 0
    ? { ...base, result: "ok", detail: "None." }
    : {
        ...base,
        result: "warning",
        detail: `${others.join(", ")}.`,
        hint: "With --hook tc, check that requests are seen; the cgroup hook is not affected.",
      };
}

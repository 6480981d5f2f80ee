import { existsSync, readFileSync } from "node:fs";
import { cgroup2Mount } from "../../capture/scope.ts";
import type { Check } from "../../model/diagnosis.ts";
import { hasCpuController, isCgroupLimited } from "../cpu-share.ts";

const CATEGORY = "CPU priority";
const AUTOGROUP = "/proc/sys/kernel/sched_autogroup_enabled";

/** By what means the payload processes will give way to the live service when CPUs are short. */
export function checkPriority(): Check[] {
  const root = cgroup2Mount();
  const autogroup = existsSync(AUTOGROUP) && readFileSync(AUTOGROUP, "latin1").trim() === "1";
  return [
    {
      category: CATEGORY,
      name: "idle class",
      result: "ok",
      detail: "SCHED_IDLE while CPUs are contended.",
    },
    {
      category: CATEGORY,
      name: "autogroup",
      result: "ok",
      detail: autogroup ? "On: its nice value is set as well." : "Off: the class alone decides.",
    },
    {
      category: CATEGORY,
      name: "cgroup",
      result: "ok",
      detail: cgroupDetail(root),
    },
  ];
}

function cgroupDetail(root: string | undefined): string {
  if (root === undefined || !hasCpuController(root))
    return "cgroup2 has no cpu controller here, so none is needed.";
  return isCgroupLimited("self", root)
    ? "This one has limits, so it is not left, and way is given only to what else is in it. CPUWeight=idle of the service gives way to all."
    : "cpu.idle of a cgroup of its own.";
}

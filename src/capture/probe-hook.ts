import { hasTcx } from "../kernel/link.ts";
import { openObject } from "../kernel/object.ts";
import { objectPath } from "./capture.ts";

/** Loads a hook's programs and lets them go; says what was learnt, or throws what `loadCapture` would. */
export async function probeHook(hook: "cgroup" | "tc"): Promise<string> {
  const object = openObject(objectPath(hook));
  try {
    await object.load();
    if (hook === "cgroup") return "The kernel takes them.";
    return hasTcx(object.programFd("st_tc_in"))
      ? "The kernel takes them, attached by tcx."
      : "The kernel takes them, attached by clsact (no tcx before Linux 6.6).";
  } finally {
    object[Symbol.dispose]();
  }
}

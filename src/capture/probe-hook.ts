import { hasTcx } from "../kernel/link.ts";
import type { BpfObject } from "../kernel/object.ts";
import { loadPrograms } from "./capture.ts";
import type { HookPlan } from "./hook-plan.ts";

/** Loads a hook's programs and lets them go; says what was learnt, or throws what `loadCapture` would. */
export async function probeHook(hook: HookPlan["hook"], wantsScan: boolean): Promise<string> {
  const { object, scans } = await loadPrograms(hook, wantsScan);
  try {
    const heads = scans
      ? "They look into the heads of requests."
      : "Conditions on requests are decided in user space (looking into heads needs CAP_PERFMON and Linux 5.12).";
    return `The kernel takes them${attachedBy(hook, object)}. ${heads}`;
  } finally {
    object[Symbol.dispose]();
  }
}

function attachedBy(hook: HookPlan["hook"], object: BpfObject): string {
  if (hook !== "tc") return "";
  return hasTcx(object.programFd("st_tc_in"))
    ? ", attached by tcx"
    : ", attached by clsact (no tcx before Linux 6.6)";
}

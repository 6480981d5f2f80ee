import { closeSync, constants, openSync } from "node:fs";
import { type Attachment, AttachType, attachLink } from "../kernel/link.ts";
import type { BpfObject } from "../kernel/object.ts";
import type { CgroupPlan } from "./hook-plan.ts";

/** Attaches both programs to the planned cgroup. The links hold the cgroup; its descriptor is not needed after. */
export function attachCgroupHook(object: BpfObject, plan: CgroupPlan): Attachment[] {
  const cgroupFd = openSync(plan.cgroupPath, constants.O_RDONLY | constants.O_DIRECTORY);
  const attachments: Attachment[] = [];
  try {
    for (const [program, type, side] of [
      ["st_cgroup_in", AttachType.cgroupInetIngress, "ingress"],
      ["st_cgroup_out", AttachType.cgroupInetEgress, "egress"],
    ] as const) {
      const description = `cgroup ${plan.cgroupPath} ${side}`;
      attachments.push(attachLink(object.programFd(program), cgroupFd, type, description));
    }
    return attachments;
  } catch (error) {
    for (const attachment of attachments) attachment[Symbol.dispose]();
    throw error;
  } finally {
    closeSync(cgroupFd);
  }
}

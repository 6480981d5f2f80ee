import {
  AttachError,
  type Attachment,
  AttachType,
  attachClsact,
  attachLink,
  hasTcx,
} from "../kernel/link.ts";
import { ifThere, withinNamespace } from "../kernel/network-namespace.ts";
import type { BpfObject } from "../kernel/object.ts";
import type { AttachedHook } from "./attached-hook.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { TcPlan } from "./hook-plan.ts";
import { type NetworkInterface, selectInterfaces } from "./interfaces.ts";

/**
 * Attaches both directions of every planned interface, by tcx where the kernel has it, else by clsact: those filters
 * would stay when we are killed, so their programs are kept alive by a heartbeat.
 */
export function attachTcHook(object: BpfObject, plan: TcPlan, heartbeat: Heartbeat): AttachedHook {
  const how = plan.attach ?? (hasTcx(anyProgram(object, plan)) ? "tcx" : "clsact");
  if (how === "clsact") heartbeat.start();
  /** By interface index, which is not used again. */
  const attached = new Map<number, readonly Attachment[]>();
  const refused = new Set<number>();

  const attach = (device: NetworkInterface) => {
    const sides: Attachment[] = [];
    attached.set(device.index, sides);
    for (const side of DIRECTIONS) {
      sides.push(attachDevice(object, device, side, how, plan.namespacePath));
      // The first filter has the kernel load modules, and there may be many: the timer does not run meanwhile.
      if (how === "clsact") heartbeat.beat();
    }
  };
  const release = (index: number) => {
    for (const side of attached.get(index) ?? []) side[Symbol.dispose]();
    attached.delete(index);
  };
  const releaseAll = () => {
    for (const index of attached.keys()) release(index);
  };
  const tryToAttach = (device: NetworkInterface): readonly string[] => {
    try {
      attach(device);
      return [];
    } catch (error) {
      release(device.index);
      if (!(error instanceof AttachError)) throw error;
      // It has gone between two looks.
      if (error.errno === "ENODEV") return [];
      refused.add(device.index);
      return [error.message];
    }
  };

  try {
    withinNamespace(plan.namespacePath, () => plan.interfaces.forEach(attach));
  } catch (error) {
    releaseAll();
    throw error;
  }
  return {
    get attachments() {
      return [...attached.values()].flat().map(({ description }) => description);
    },
    follow() {
      if (!plan.followsInterfaces) return [];
      const look = (): readonly string[] => {
        const present = selectInterfaces([]);
        const indices = new Set(present.map(({ index }) => index));
        for (const index of attached.keys()) if (!indices.has(index)) release(index);
        return present
          .filter(({ index }) => !attached.has(index) && !refused.has(index))
          .flatMap(tryToAttach);
      };
      return ifThere(plan.namespacePath, look) ?? [];
    },
    [Symbol.dispose]: releaseAll,
  };
}

function anyProgram(object: BpfObject, plan: TcPlan): number {
  return object.programFd(programName("ingress", plan.interfaces[0]?.hasEthernetHeader ?? true));
}

/** Leaves out the programs for kinds of device that the plan has none of, and will have none of: loading them takes time. */
export function leaveOutUnused(object: BpfObject, plan: TcPlan): void {
  if (plan.followsInterfaces) return;
  const kinds = new Set(plan.interfaces.map((device) => device.hasEthernetHeader));
  for (const direction of DIRECTIONS) {
    if (!kinds.has(true)) object.leaveOut(programName(direction, true));
    if (!kinds.has(false)) object.leaveOut(programName(direction, false));
  }
}

const DIRECTIONS = ["ingress", "egress"] as const;
type Direction = (typeof DIRECTIONS)[number];

function programName(direction: Direction, hasEthernetHeader: boolean): string {
  return `st_tc_${direction === "ingress" ? "in" : "out"}${hasEthernetHeader ? "" : "_l3"}`;
}

function attachDevice(
  object: BpfObject,
  device: NetworkInterface,
  side: Direction,
  how: "tcx" | "clsact",
  namespacePath: string,
): Attachment {
  const program = object.programFd(programName(side, device.hasEthernetHeader));
  const description = `${how} ${device.name} ${side}`;
  if (how === "tcx") {
    const type = side === "ingress" ? AttachType.tcxIngress : AttachType.tcxEgress;
    return attachLink(program, device.index, type, description);
  }
  const filter = attachClsact(program, device.index, side, description);
  return {
    description,
    // A filter is removed by interface index, so from within the namespace that the index belongs to; it goes with that.
    [Symbol.dispose]: () => void ifThere(namespacePath, () => filter[Symbol.dispose]()),
  };
}

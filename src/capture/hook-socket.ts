import type { Attachment } from "../kernel/link.ts";
import { withinNamespace } from "../kernel/network-namespace.ts";
import type { BpfObject } from "../kernel/object.ts";
import { attachPacketSocket } from "../kernel/packet-socket.ts";
import type { SocketPlan } from "./hook-plan.ts";

/** One packet socket for all interfaces of the namespace, or one for each that was named. */
export function attachSocketHook(object: BpfObject, plan: SocketPlan): Attachment[] {
  const program = object.programFd("st_socket");
  const attachments: Attachment[] = [];
  try {
    withinNamespace(plan.namespacePath, () => {
      if (plan.interfaces.length === 0)
        attachments.push(attachPacketSocket(program, 0, "packet socket on all interfaces"));
      for (const { name, index } of plan.interfaces)
        attachments.push(attachPacketSocket(program, index, `packet socket on ${name}`));
    });
    return attachments;
  } catch (error) {
    for (const attachment of attachments) attachment[Symbol.dispose]();
    throw error;
  }
}

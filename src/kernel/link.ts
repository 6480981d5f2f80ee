import { closeSync } from "node:fs";
import koffi from "koffi";
import { errnoName } from "./errno.ts";
import { libbpf } from "./libbpf.ts";

/** Attach types, include/uapi/linux/bpf.h. */
export const AttachType = {
  cgroupInetIngress: 0,
  cgroupInetEgress: 1,
  tcxIngress: 46,
  tcxEgress: 47,
} as const;

/** Something attached to the kernel, and the way to take it back. */
export interface Attachment extends Disposable {
  readonly description: string;
}

/** A failed attachment: the errno decides what can be done instead. */
export class AttachError extends Error {
  readonly errno: string;
  constructor(what: string, errno: number) {
    super(`${what}: ${errnoName(errno)}`);
    this.errno = errnoName(errno);
  }
}

/**
 * Attaches by bpf_link: the kernel detaches when the descriptor closes, however this process ends.
 * `target` is a cgroup's descriptor or an interface index of the current network namespace.
 */
export function attachLink(
  programFd: number,
  target: number,
  attachType: number,
  description: string,
): Attachment {
  const fd = libbpf().linkCreate(programFd, target, attachType, null);
  if (fd < 0) throw new AttachError(description, fd);
  return attachedUntilClosed(fd, description);
}

/** What the kernel detaches when its descriptor closes. */
export function attachedUntilClosed(fd: number, description: string): Attachment {
  let open = true;
  return {
    description,
    [Symbol.dispose]() {
      if (!open) return;
      open = false;
      closeSync(fd);
    },
  };
}

/** Whether this kernel has tcx (6.6): asked with an interface that cannot exist. */
export function hasTcx(programFd: number): boolean {
  const fd = libbpf().linkCreate(programFd, 0x7fffffff, AttachType.tcxIngress, null);
  if (fd >= 0) closeSync(fd);
  return fd >= 0 || errnoName(fd) === "ENODEV";
}

const EBUSY = 16;
const TC_POINT = { ingress: 1, egress: 2 } as const;
/** Fixed places in the clsact chain, so that a leftover can be found; one for each of several at once. */
const CLSACT_PRIORITY = 49_152;
const CLSACT_HANDLES = [0x5d01, 0x5d02, 0x5d03, 0x5d04] as const;

function hookOf(ifindex: number, point: "ingress" | "egress") {
  return { sz: koffi.sizeof("st_tc_hook"), ifindex, attach_point: TC_POINT[point], parent: 0 };
}

function optsOf(programFd: number, handle: number) {
  return {
    sz: koffi.sizeof("st_tc_opts"),
    prog_fd: programFd,
    flags: 0,
    prog_id: 0,
    handle,
    priority: CLSACT_PRIORITY,
  };
}

/**
 * Attaches as a clsact filter, for kernels without tcx. A filter outlives its process: see the heartbeat in bpf/. The
 * qdisc is left in place, because other programs may have come to use it.
 */
export function attachClsact(
  programFd: number,
  ifindex: number,
  point: "ingress" | "egress",
  description: string,
): Attachment {
  const lib = libbpf();
  const hook = hookOf(ifindex, point);
  const created = lib.tcHookCreate(hook);
  if (created < 0 && errnoName(created) !== "EEXIST") throw new AttachError(description, created);
  const handle = CLSACT_HANDLES.find((one) => clsactProgramAt(hook, one) === 0);
  if (handle === undefined) throw new AttachError(description, EBUSY);
  const result = lib.tcAttach(hook, optsOf(programFd, handle));
  if (result < 0) throw new AttachError(description, result);
  let attached = true;
  return {
    description,
    [Symbol.dispose]() {
      if (!attached) return;
      attached = false;
      lib.tcDetach(hook, optsOf(0, handle));
    },
  };
}

/** A program in one of our places of an interface's clsact chain, ours or another's that died. */
export interface ClsactFilter {
  readonly programId: number;
  remove(): void;
}

/** What is in our places of an interface's clsact chain. */
export function clsactFilters(ifindex: number, point: "ingress" | "egress"): ClsactFilter[] {
  const hook = hookOf(ifindex, point);
  return CLSACT_HANDLES.flatMap((handle) => {
    const programId = clsactProgramAt(hook, handle);
    if (programId === 0) return [];
    return [{ programId, remove: () => libbpf().tcDetach(hook, optsOf(0, handle)) }];
  });
}

function clsactProgramAt(hook: ReturnType<typeof hookOf>, handle: number): number {
  const opts = optsOf(0, handle);
  return libbpf().tcQuery(hook, opts) < 0 ? 0 : opts.prog_id;
}

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

const TC_POINT = { ingress: 1, egress: 2 } as const;
/** A fixed place in the clsact chain, so that a leftover can be found and removed. */
export const CLSACT_PRIORITY = 49_152;
export const CLSACT_HANDLE = 0x5d;

function hookOf(ifindex: number, point: "ingress" | "egress") {
  return { sz: koffi.sizeof("st_tc_hook"), ifindex, attach_point: TC_POINT[point], parent: 0 };
}

function optsOf(programFd: number) {
  return {
    sz: koffi.sizeof("st_tc_opts"),
    prog_fd: programFd,
    flags: 0,
    prog_id: 0,
    handle: CLSACT_HANDLE,
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
  const result = lib.tcAttach(hook, optsOf(programFd));
  if (result < 0) throw new AttachError(description, result);
  let attached = true;
  return {
    description,
    [Symbol.dispose]() {
      if (!attached) return;
      attached = false;
      lib.tcDetach(hook, optsOf(0));
    },
  };
}

/** Id of the program in our place of an interface's clsact chain; 0 if there is none. */
export function clsactProgramId(ifindex: number, point: "ingress" | "egress"): number {
  const opts = optsOf(0);
  return libbpf().tcQuery(hookOf(ifindex, point), opts) < 0 ? 0 : opts.prog_id;
}

/** Removes whatever is in our place of an interface's clsact chain. */
export function removeClsact(ifindex: number, point: "ingress" | "egress"): void {
  libbpf().tcDetach(hookOf(ifindex, point), optsOf(0));
}

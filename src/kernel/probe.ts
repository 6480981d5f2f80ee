import { closeSync } from "node:fs";
import { libbpf } from "./libbpf.ts";
import { MapType } from "./map.ts";

/** Program types and helper ids, include/uapi/linux/bpf.h. */
const PROGRAM_CGROUP_SKB = 8;
const HELPER_GET_NETNS_COOKIE = 122;
/** Opcodes, RFC 9669: each instruction is 8 bytes, here as opcode (registers and offset 0) and immediate. */
const CALL = 0x85;
const MOVE_TO_R0 = 0xb7;
const EXIT = 0x95;

/** "1.1" and so on. */
export function libbpfVersion(): string {
  return String(libbpf().versionString()).replace(/^v/, "");
}

/** Whether programs at cgroup hooks may ask for a socket's network namespace. Asked of the kernel, not of its version. */
export function cgroupProgramsKnowNamespace(): boolean {
  // Not libbpf_probe_bpf_helper: it reads the verifier's message, whose wording changed with 6.12.
  const program = Uint32Array.of(
    ...[CALL, HELPER_GET_NETNS_COOKIE],
    ...[MOVE_TO_R0, 1],
    ...[EXIT, 0],
  );
  const fd = libbpf().programLoad(PROGRAM_CGROUP_SKB, "st_probe", "GPL", program, 3, null);
  if (fd < 0) return false;
  closeSync(fd);
  return true;
}

/** Whether the kernel has BPF ring buffers. Without the permission to ask, it seems to have none. */
export function hasRingBuffers(): boolean {
  return libbpf().probeMapType(MapType.ringbuf, null) === 1;
}

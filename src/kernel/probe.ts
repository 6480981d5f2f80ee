import { libbpf } from "./libbpf.ts";
import { MapType } from "./map.ts";

/** Program types and helper ids, include/uapi/linux/bpf.h. */
const PROGRAM_CGROUP_SKB = 8;
const HELPER_GET_NETNS_COOKIE = 122;

/** "1.1" and so on. */
export function libbpfVersion(): string {
  return String(libbpf().versionString()).replace(/^v/, "");
}

/** Whether programs at cgroup hooks may ask for a socket's network namespace. Asked of the kernel, not of its version. */
export function cgroupProgramsKnowNamespace(): boolean {
  return libbpf().probeHelper(PROGRAM_CGROUP_SKB, HELPER_GET_NETNS_COOKIE, null) === 1;
}

/** Whether the kernel has BPF ring buffers. Without the permission to ask, it seems to have none. */
export function hasRingBuffers(): boolean {
  return libbpf().probeMapType(MapType.ringbuf, null) === 1;
}

import { readFileSync } from "node:fs";
import { errnoName } from "./errno.ts";
import { libbpf } from "./libbpf.ts";

/** Map types, include/uapi/linux/bpf.h. */
export const MapType = { ringbuf: 27 } as const;

/** Creates a map of its own, outside any object; returns its descriptor. Sizes in bytes. */
export function createMap(
  type: number,
  name: string,
  keyBytes: number,
  valueBytes: number,
  maxEntries: number,
): number {
  const fd = libbpf().mapCreate(type, name, keyBytes, valueBytes, maxEntries, null);
  if (fd < 0)
    throw Object.assign(new Error(`creating map ${name} failed: ${errnoName(fd)}`), { errno: -fd });
  return fd;
}

export function updateMap(fd: number, key: Uint8Array, value: Uint8Array): void {
  const result = libbpf().mapUpdate(fd, key, value, 0);
  if (result < 0) throw new Error(`map update failed: ${errnoName(result)}`);
}

/** Removes an entry; that there is none is fine. */
export function deleteFromMap(fd: number, key: Uint8Array): void {
  const result = libbpf().mapDelete(fd, key);
  if (result < 0 && errnoName(result) !== "ENOENT")
    throw new Error(`map delete failed: ${errnoName(result)}`);
}

/** A little-endian u32 key, as array maps have. */
export function indexKey(index: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(index).buffer);
}

/** The values of all possible CPUs for one key of a per-CPU map, each padded to 8 bytes. Reused: copy to keep. */
export function createPerCpuLookup(
  fd: number,
  valueBytes: number,
): (key: Uint8Array) => BigUint64Array {
  const cpus = possibleCpus();
  const values = new BigUint64Array((cpus * Math.ceil(valueBytes / 8) * 8) / 8);
  return (key) => {
    const result = libbpf().mapLookup(fd, key, values);
    if (result < 0) throw new Error(`map lookup failed: ${errnoName(result)}`);
    return values;
  };
}

/** Number of CPUs that per-CPU maps have slots for: the kernel's possible ones, not those online. */
function possibleCpus(): number {
  const ranges = readFileSync("/sys/devices/system/cpu/possible", "latin1").trim();
  return Number(ranges.split(/[-,]/).at(-1)) + 1;
}

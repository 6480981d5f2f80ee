import { getSystemErrorName } from "node:util";

/** `EPERM` for 1 or -1: the name of an errno as libc and libbpf give it. */
export function errnoName(errno: number): string {
  return getSystemErrorName(-Math.abs(errno));
}

import { closeSync, existsSync, openSync, statSync } from "node:fs";
import koffi from "koffi";
import { errnoName } from "./errno.ts";

const libc = koffi.load("libc.so.6");
const setns = libc.func("int setns(int fd, int type)");
const socket = libc.func("int socket(int family, int type, int protocol)");
const getsockopt = libc.func(
  "int getsockopt(int fd, int level, int name, void *value, _Inout_ uint32_t *length)",
);

const CLONE_NEWNET = 0x40000000;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
/** include/uapi/asm-generic/socket.h, Linux 5.14. */
const SO_NETNS_COOKIE = 71;

/**
 * Runs `inside` with this thread in another network namespace and comes back whatever happens. It must be synchronous:
 * only calls made from this thread (FFI, `*Sync`) are inside.
 */
export function withinNamespace<T>(path: string, inside: () => T): T {
  // Entering needs CAP_SYS_ADMIN, even where one is already.
  if (isSameNamespace(path)) return inside();
  const home = openSync("/proc/thread-self/ns/net", "r");
  const target = openSync(path, "r");
  try {
    enter(target, path);
    try {
      return inside();
    } finally {
      enter(home, "/proc/thread-self/ns/net");
    }
  } finally {
    closeSync(target);
    closeSync(home);
  }
}

/** As `withinNamespace`; undefined when the path leads nowhere any more, such as to a container that has ended. */
export function ifThere<T>(path: string, inside: () => T): T | undefined {
  return existsSync(path) ? withinNamespace(path, inside) : undefined;
}

function enter(fd: number, path: string): void {
  if (setns(fd, CLONE_NEWNET) < 0)
    throw new Error(`setns to ${path} failed: ${errnoName(koffi.errno())}`);
}

/** Whether a path names the current network namespace. */
export function isSameNamespace(path: string): boolean {
  return statSync(path).ino === statSync("/proc/thread-self/ns/net").ino;
}

/** Cookie of the current network namespace; undefined before Linux 5.14. */
export function namespaceCookie(): bigint | undefined {
  const fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) throw new Error(`socket failed: ${errnoName(koffi.errno())}`);
  try {
    const value = new BigUint64Array(1);
    return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, value, [8]) < 0 ? undefined : value[0];
  } finally {
    closeSync(fd);
  }
}

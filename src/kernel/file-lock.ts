import koffi from "koffi";
import { errnoName } from "./errno.ts";

const libc = koffi.load("libc.so.6");
const flock = libc.func("int flock(int fd, int operation)");

const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;
const EINTR = 4;
const EWOULDBLOCK = 11;

/**
 * Tries to be the only one that holds this open file (flock(2)): false when somebody else does. The lock is the kernel's: it goes
 * with the process, however that ends. Throws where the file system knows no locks.
 */
export function tryLock(fd: number): boolean {
  if (flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
  const errno = koffi.errno();
  if (errno === EWOULDBLOCK || errno === EINTR) return false;
  const code = errnoName(errno);
  throw Object.assign(new Error(`flock: ${code}`), { code });
}

export function unlock(fd: number): void {
  flock(fd, LOCK_UN);
}

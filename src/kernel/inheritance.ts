import koffi from "koffi";
import { errnoName } from "./errno.ts";

const libc = koffi.load("libc.so.6");
const prctl = libc.func(
  "int prctl(int option, unsigned long argument, unsigned long a, unsigned long b, unsigned long c)",
);

/** include/uapi/linux/prctl.h */
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;

/**
 * Keeps this thread's privileges from what it starts from now on. Ambient capabilities are not handed on, capabilities(7), and
 * no program, whatever its set-user bit and file capabilities, gives any back: with no-new-privileges set here, before it
 * begins, every thread of the new process has it. What this process has itself, stays.
 */
export function startWithoutPrivileges(): void {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0)
    throw new Error(`no-new-privileges cannot be set (${errnoName(koffi.errno())})`);
}

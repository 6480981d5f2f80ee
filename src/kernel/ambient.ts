import koffi from "koffi";

const libc = koffi.load("libc.so.6");
const prctl = libc.func(
  "int prctl(int option, unsigned long argument, unsigned long a, unsigned long b, unsigned long c)",
);

/** include/uapi/linux/prctl.h */
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;

/** Keeps this process's capabilities from being handed to what it starts, capabilities(7). Its own stay. */
export function clearAmbientCapabilities(): void {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

import koffi from "koffi";

const libc = koffi.load("libc.so.6");
const schedSetscheduler = libc.func("int sched_setscheduler(int pid, int policy, void *parameter)");

/** sched(7). SCHED_IDLE runs only when nothing else wants the CPU. */
const SCHED_OTHER = 0;
const SCHED_IDLE = 5;

/** Puts the main thread of a process in the idle class, or back; false when that is not permitted. */
export function setIdleClass(pid: number, idle: boolean): boolean {
  // struct sched_param has one int, and it is 0 for both classes.
  return schedSetscheduler(pid, idle ? SCHED_IDLE : SCHED_OTHER, new Int32Array(1)) === 0;
}

import { mapShared, PAGE_BYTES } from "../kernel/memory.ts";
import { monotonicNs } from "../model/clock.ts";

const BEAT_INTERVAL_MS = 250;
/** How long programs that could outlive us go on after the last beat. */
export const HEARTBEAT_LIMIT_MS = 2_000;

export interface Heartbeat extends Disposable {
  /** Beats now and then every quarter of a second, until disposed. */
  start(): void;
  /** Beats now: after work that has kept the timer from it. */
  beat(): void;
}

/** Tells the clsact programs that the keeper is alive, by a clock in mapped memory. */
export function createHeartbeat(mapFd: number): Heartbeat {
  const clock = new BigUint64Array(mapShared(mapFd, 0, PAGE_BYTES, "readwrite"), 0, 1);
  let timer: NodeJS.Timeout | undefined;
  const beat = () => Atomics.store(clock, 0, BigInt(Math.round(monotonicNs())));
  return {
    beat,
    start() {
      beat();
      timer = setInterval(beat, BEAT_INTERVAL_MS);
      timer.unref();
    },
    [Symbol.dispose]() {
      clearInterval(timer);
    },
  };
}

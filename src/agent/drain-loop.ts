import { setTimeout as sleep } from "node:timers/promises";
import type { SegmentReader } from "../capture/segment-reader.ts";
import { uptimeMs } from "../model/clock.ts";
import type { SocketSet } from "../model/transport.ts";
import { createPace } from "./pace.ts";
import type { Pipeline } from "./pipeline.ts";

/** A wait ends by itself after this long: for request timeouts, idle connections, and in case a wake-up is missed. */
const LONGEST_WAIT_MS = 3_000;
const LONGEST_WAIT_PENDING_MS = 50;
/** A sparse tick, and a wait for answers, ends early when this part of the ring is full: an eighth leaves time to be scheduled. */
const SPARSE_FILL_SHIFT = 3;
/** While yielding: this many times as long asleep as at work, so a tenth of a CPU at most, and within these bounds. */
const YIELD_RATIO = 9;
const SHORTEST_YIELD_MS = 8;
const LONGEST_YIELD_MS = 200;
/** While yielding: what may pile up in the ring; the kernel refuses the rest, which costs less than to handle it. */
const YIELD_RING_BYTES = 128 * 1024;
/** Segments handled before the event loop gets its turn (TLS targets, messages, timers). */
const SEGMENTS_A_TURN = 4096;

export interface DrainLoop {
  /** Runs until `stop`, then handles what the ring still holds. Never rejects but for a programmer's error. */
  run(): Promise<void>;
  stop(): void;
  /** Gives way to the live service, or ends that. */
  yield(yielding: boolean): void;
  /** How hard it was to keep up since this was last asked. */
  takePressure(): Pressure;
}

/** The ring's highest fill, 0 … 1, and the longest time between two looks at it while there was work. */
interface Pressure {
  readonly ringUsed: number;
  readonly loopLagMs: number;
}

/** Moves segments from the ring through the pipeline: on a tick while busy, woken by the kernel while quiet. */
export function createDrainLoop(
  reader: SegmentReader,
  ringBytes: number,
  pipeline: Pick<Pipeline, "deliver">,
  sockets: Pick<SocketSet, "wait" | "waitForeign" | "endWait" | "watchForeign">,
  afterTick: (segments: number) => void,
): DrainLoop {
  const { deliver } = pipeline;
  const pace = createPace();
  const sparseBytes = ringBytes >>> SPARSE_FILL_SHIFT;
  let stopping = false;
  let yielding = false;
  let isArmed = false;
  let tickMs = 0;
  let mostUsed = 0;
  let longestLagMs = 0;
  let dueMs = Number.POSITIVE_INFINITY;

  const tick = (): number => {
    const startedMs = uptimeMs();
    if (isArmed) reader.disarm();
    isArmed = false;
    mostUsed = Math.max(mostUsed, reader.usedBytes());
    longestLagMs = Math.max(longestLagMs, startedMs - dueMs);
    dueMs = Number.POSITIVE_INFINITY;
    const segments = reader.drain(SEGMENTS_A_TURN);
    deliver.pump();
    afterTick(segments);
    tickMs = uptimeMs() - startedMs;
    return segments;
  };

  /** Has the kernel wake us when so much is in the ring, until the next look; false when it is. */
  const arm = (bytes: number): boolean => {
    isArmed = reader.arm(bytes);
    return isArmed;
  };

  // Not async: the promise of the wait is enough.
  const rest = (segments: number): Promise<unknown> | undefined => {
    const nowMs = uptimeMs();
    if (yielding) {
      const ms = Math.min(LONGEST_YIELD_MS, Math.max(SHORTEST_YIELD_MS, YIELD_RATIO * tickMs));
      dueMs = nowMs + ms;
      return sleep(ms);
    }
    if (segments === SEGMENTS_A_TURN) {
      dueMs = nowMs;
      return nextTurn();
    }
    const pause = pace.next(segments, deliver.blocked, nowMs);
    switch (pause.kind) {
      case "tick":
        dueMs = nowMs + pause.ms;
        return sleep(pause.ms);
      case "sparse":
        dueMs = nowMs + pause.ms;
        return arm(sparseBytes) ? sockets.waitForeign(pause.ms) : undefined;
      case "answer":
        return arm(sparseBytes) ? sockets.wait(pause.ms) : undefined;
      case "wake":
        if (!arm(1)) return;
        return sockets.wait(deliver.pending > 0 ? LONGEST_WAIT_PENDING_MS : LONGEST_WAIT_MS);
    }
  };

  return {
    async run() {
      sockets.watchForeign(reader.fd);
      while (!stopping) await rest(tick());
      while (tick() > 0) await nextTurn();
    },
    stop() {
      stopping = true;
      sockets.endWait();
    },
    yield(wanted) {
      yielding = wanted;
      reader.admit(wanted ? YIELD_RING_BYTES : 0);
    },
    takePressure() {
      const pressure = { ringUsed: mostUsed / ringBytes, loopLagMs: longestLagMs };
      mostUsed = 0;
      longestLagMs = 0;
      return pressure;
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

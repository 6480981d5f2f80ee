import { setTimeout as sleep } from "node:timers/promises";
import type { SegmentReader } from "../capture/segment-reader.ts";
import { uptimeMs } from "../model/clock.ts";
import type { SocketSet } from "../model/transport.ts";
import { createPace } from "./pace.ts";
import type { Pipeline } from "./pipeline.ts";

/** A wait ends by itself after this long: for request timeouts, idle connections, and in case a wake-up is missed. */
const LONGEST_WAIT_MS = 3_000;
const LONGEST_WAIT_PENDING_MS = 50;
/** A sparse tick ends early when this part of the ring is full: an eighth leaves time to be scheduled. */
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
  let stopping = false;
  let yielding = false;
  let tickMs = 0;
  let mostUsed = 0;
  let longestLagMs = 0;
  let dueMs = Number.POSITIVE_INFINITY;

  const tick = (): number => {
    const startedMs = uptimeMs();
    mostUsed = Math.max(mostUsed, reader.usedBytes());
    longestLagMs = Math.max(longestLagMs, startedMs - dueMs);
    dueMs = Number.POSITIVE_INFINITY;
    const segments = reader.drain(SEGMENTS_A_TURN);
    deliver.pump();
    afterTick(segments);
    tickMs = uptimeMs() - startedMs;
    return segments;
  };

  const rest = async (segments: number): Promise<void> => {
    const nowMs = uptimeMs();
    if (yielding) {
      const ms = Math.min(LONGEST_YIELD_MS, Math.max(SHORTEST_YIELD_MS, YIELD_RATIO * tickMs));
      dueMs = nowMs + ms;
      await sleep(ms);
      return;
    }
    if (segments === SEGMENTS_A_TURN) {
      dueMs = nowMs;
      return nextTurn();
    }
    const pause = pace.next(segments, deliver.blocked, nowMs);
    if (pause.kind === "tick") {
      dueMs = nowMs + pause.ms;
      await sleep(pause.ms);
    } else if (pause.kind === "sparse") {
      dueMs = nowMs + pause.ms;
      if (!reader.arm(ringBytes >>> SPARSE_FILL_SHIFT)) return;
      await sockets.waitForeign(pause.ms);
      reader.disarm();
    } else if (pause.kind === "answer") await sockets.wait(pause.ms);
    else if (reader.arm(1)) {
      await sockets.wait(deliver.pending > 0 ? LONGEST_WAIT_PENDING_MS : LONGEST_WAIT_MS);
      reader.disarm();
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

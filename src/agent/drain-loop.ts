import { setTimeout as sleep } from "node:timers/promises";
import type { SegmentReader } from "../capture/segment-reader.ts";
import type { SocketSet } from "../model/transport.ts";
import type { Pipeline } from "./pipeline.ts";

/**
 * How often a busy ring is drained. Every tick costs a wake-up (35 µs and more on a virtual machine), so ticks are
 * as long as the promised delay allows, and shorter only while requests wait for answers on their own connection.
 */
const LONGEST_TICK_MS = 8;
const SHORTEST_TICK_MS = 1;
/** Empty ticks after which the loop stops ticking and lets the kernel wake it. */
const EMPTY_TICKS_BEFORE_WAIT = 2;
/** A wait ends by itself after this long: for request timeouts, and in case a wake-up is ever missed. */
const LONGEST_WAIT_MS = 250;
const LONGEST_WAIT_PENDING_MS = 50;
/** Segments handled before the event loop gets its turn (TLS targets, messages, timers). */
const SEGMENTS_A_TURN = 4096;

export interface DrainLoop {
  /** Runs until `stop`, then handles what the ring still holds. Never rejects but for a programmer's error. */
  run(): Promise<void>;
  stop(): void;
}

/** Moves segments from the ring through the pipeline: ticking while busy, asleep while idle. */
export function createDrainLoop(
  reader: SegmentReader,
  pipeline: Pipeline,
  sockets: SocketSet,
  afterTick: () => void,
): DrainLoop {
  const { deliver } = pipeline;
  let stopping = false;
  let tickMs = SHORTEST_TICK_MS;
  let emptyTicks = 0;

  const tick = (): number => {
    const segments = reader.drain(SEGMENTS_A_TURN);
    deliver.pump();
    afterTick();
    return segments;
  };

  const pause = async (segments: number): Promise<void> => {
    if (segments === SEGMENTS_A_TURN) return nextTurn();
    emptyTicks = segments === 0 ? emptyTicks + 1 : 0;
    if (emptyTicks > EMPTY_TICKS_BEFORE_WAIT && reader.arm()) {
      await sockets.wait(deliver.pending > 0 ? LONGEST_WAIT_PENDING_MS : LONGEST_WAIT_MS);
      reader.disarm();
      tickMs = SHORTEST_TICK_MS;
      return;
    }
    tickMs =
      deliver.blocked > 0
        ? Math.max(SHORTEST_TICK_MS, tickMs >> 1)
        : Math.min(LONGEST_TICK_MS, tickMs + 1);
    await sleep(tickMs);
  };

  return {
    async run() {
      sockets.watchForeign(reader.fd);
      while (!stopping) await pause(tick());
      while (tick() > 0) await nextTurn();
    },
    stop() {
      stopping = true;
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

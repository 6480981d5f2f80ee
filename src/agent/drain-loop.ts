import { setTimeout as sleep } from "node:timers/promises";
import type { SegmentReader } from "../capture/segment-reader.ts";
import type { SocketSet } from "../model/transport.ts";
import { createPace } from "./pace.ts";
import type { Pipeline } from "./pipeline.ts";

/** A wait ends by itself after this long: for request timeouts, idle connections, and in case a wake-up is missed. */
const LONGEST_WAIT_MS = 1_000;
const LONGEST_WAIT_PENDING_MS = 50;
/** Segments handled before the event loop gets its turn (TLS targets, messages, timers). */
const SEGMENTS_A_TURN = 4096;

export interface DrainLoop {
  /** Runs until `stop`, then handles what the ring still holds. Never rejects but for a programmer's error. */
  run(): Promise<void>;
  stop(): void;
}

/** Moves segments from the ring through the pipeline: on a tick while busy, woken by the kernel while quiet. */
export function createDrainLoop(
  reader: SegmentReader,
  pipeline: Pick<Pipeline, "deliver">,
  sockets: Pick<SocketSet, "wait" | "watchForeign">,
  afterTick: (segments: number) => void,
): DrainLoop {
  const { deliver } = pipeline;
  const pace = createPace();
  let stopping = false;

  const tick = (): number => {
    const segments = reader.drain(SEGMENTS_A_TURN);
    deliver.pump();
    afterTick(segments);
    return segments;
  };

  const pause = async (segments: number): Promise<void> => {
    if (segments === SEGMENTS_A_TURN) return nextTurn();
    const tickMs = pace.next(segments > 0, deliver.blocked > 0, performance.now());
    if (tickMs !== undefined) {
      await sleep(tickMs);
    } else if (reader.arm()) {
      await sockets.wait(deliver.pending > 0 ? LONGEST_WAIT_PENDING_MS : LONGEST_WAIT_MS);
      reader.disarm();
    }
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

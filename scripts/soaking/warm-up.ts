import { setTimeout as delay } from "node:timers/promises";
import type { LoadReport } from "./history.ts";
import type { Load } from "./load.ts";

const CLIENTS = 6;
const QUESTION_MS = 20;
const RELOAD_MS = 2_000;
const MAX_MS = 120_000;

/** What a soak does by and by, in a short time. */
export interface WarmUp {
  startLoad(): Load;
  /** Asks for the status. */
  ask(): Promise<unknown>;
  reload(): Promise<void>;
}

/**
 * Does what the soak will do, for a tenth of its time or two minutes, as often as in a quarter of an hour of it: what V8 compiles after
 * so many calls takes memory, and would look like a leak as long as that goes on.
 */
export async function warmUp(
  { startLoad, ask, reload }: WarmUp,
  soakMs: number,
): Promise<readonly LoadReport[]> {
  const loads = Array.from({ length: CLIENTS }, startLoad);
  for (const load of loads) load.run();
  const untilMs = performance.now() + Math.min(MAX_MS, soakMs / 10);
  const repeat = async (work: () => Promise<unknown>, pauseMs: number) => {
    for (; performance.now() < untilMs; await delay(pauseMs)) await work();
  };
  await Promise.all([repeat(ask, QUESTION_MS), repeat(reload, RELOAD_MS)]);
  const reports = await Promise.all(loads.map((load) => load.rest()));
  await Promise.all(loads.map((load) => load.stop()));
  return reports;
}

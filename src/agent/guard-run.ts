import type { StopCause } from "../model/audit.ts";
import type { GuardConfig } from "../model/run-config.ts";
import { afterMs } from "./long-timer.ts";
import { watchStopFile } from "./stop-file.ts";

const DAY_MS = 24 * 3_600_000;

interface GuardedRun {
  readonly guard: GuardConfig;
  /** Of `--duration`, which may end it earlier. */
  readonly durationMs: number | undefined;
  readonly stop: { ask(cause: StopCause): void };
  say(line: string): void;
}

/** Sees to it that a run has an end: after its time, or when its stop file is there. Says when, and then why. */
export function guardRun({ guard, durationMs, stop, say }: GuardedRun): Disposable {
  const { ttlMs, stopFile } = guard;
  const parts: Disposable[] = [];
  const end = (kind: "ttl" | "stop_file", why: string) => {
    say(`Ending: ${why}.`);
    stop.ask({ kind });
  };
  if (ttlMs !== undefined) {
    const inMs = Math.min(ttlMs, durationMs ?? ttlMs);
    say(`Ends by itself at ${clockText(new Date(Date.now() + inMs), inMs)}.`);
    parts.push(afterMs(ttlMs, () => end("ttl", "the time that it may run is over (--ttl)")));
  }
  if (stopFile !== undefined)
    parts.push(
      watchStopFile(stopFile, () => end("stop_file", `the stop file ${stopFile} is there`)),
    );
  return {
    [Symbol.dispose]() {
      for (const part of parts) part[Symbol.dispose]();
    },
  };
}

/** Local time of day, with the date where the day could be mistaken. */
function clockText(at: Date, inMs: number): string {
  const time = at.toTimeString().slice(0, 5);
  if (inMs < DAY_MS) return time;
  const pad = (part: number) => String(part).padStart(2, "0");
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${time}`;
}

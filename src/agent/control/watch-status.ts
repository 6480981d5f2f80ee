import { stripVTControlCharacters } from "node:util";
import { ShadowtapError } from "../../model/errors.ts";
import type { RunStatus } from "../../model/status.ts";
import { statusJson } from "../../report/status-json.ts";
import { formatStatus } from "../../report/status-text.ts";
import type { Style } from "../../report/style.ts";

export type StatusKind = "text" | "json";

/** Where status is shown. */
export interface StatusScreen {
  write(text: string): unknown;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface WatchOptions {
  readonly kind: StatusKind;
  readonly style: Style;
  /** A terminal, which is written over again and again; otherwise one block after the other. */
  readonly live: boolean;
  readonly intervalMs: number;
  /** Ends the watch, such as by Ctrl-C. */
  readonly signal: AbortSignal;
}

const HOME = "\x1b[H";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** Resolves after that time, or at once when it is aborted. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", done);
    resolve();
  };
  const timer = setTimeout(done, ms);
  signal.addEventListener("abort", done);
  if (signal.aborted) done();
  return promise;
}

/** What fits: a line that wraps, or a screen that scrolls, would spoil the next one that is written over it. */
function fitted(text: string, { columns = 80, rows = 24 }: StatusScreen): string {
  const lines = text.trimEnd().split("\n");
  const shown = lines.length < rows ? lines : [...lines.slice(0, rows - 2), "..."];
  return shown
    .map((line) => {
      const plain = stripVTControlCharacters(line);
      // A line that is cut must not be cut inside a colour's escape sequence, so it goes without colour.
      return plain.length < columns ? line : plain.slice(0, columns - 1);
    })
    .join(`${CLEAR_LINE_END}\n`);
}

function isGone(error: unknown): boolean {
  return error instanceof ShadowtapError && error.code === "ST_NOT_RUNNING";
}

/**
 * Shows how a run stands, again and again. Resolves to "stopped" when it is aborted and to "ended" when the run, which has
 * answered before, has ended; what goes wrong at the first look is the caller's.
 */
export async function watchStatus(
  ask: () => Promise<RunStatus>,
  screen: StatusScreen,
  options: WatchOptions,
): Promise<"stopped" | "ended"> {
  const { kind, style, live, intervalMs, signal } = options;
  for (let looks = 0; !signal.aborted; looks++) {
    let status: RunStatus;
    try {
      status = await ask();
    } catch (error) {
      if (looks > 0 && isGone(error)) return "ended";
      throw error;
    }
    if (kind === "json") screen.write(statusJson(status, "line"));
    else if (live) {
      const text = fitted(formatStatus(status, style), screen);
      const clear = looks === 0 ? `${HOME}${CLEAR_BELOW}` : HOME;
      screen.write(`${clear}${text}${CLEAR_LINE_END}\n${CLEAR_BELOW}`);
    } else screen.write(`${looks > 0 ? "\n" : ""}${formatStatus(status, style)}`);
    await wait(intervalMs, signal);
  }
  return "stopped";
}

import { formatCount, formatMs, formatRate } from "./quantity.ts";
import { paint, type Style, symbol } from "./style.ts";

/** Where progress is written: stderr. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly columns?: number;
}

/** How the run stands. */
export interface ProgressSnapshot {
  readonly elapsedMs: number;
  readonly seen: number;
  readonly delivered: number;
  readonly failed: number;
  readonly lost: number;
  readonly shed: number;
  /** Requests seen per second of late. */
  readonly ratePerSecond: number;
}

export interface Progress {
  /** Shows the snapshot if it is time to. May be called as often as one likes. */
  update(snapshot: ProgressSnapshot): void;
  /** Clears the status line before something else is written. */
  clear(): void;
}

export interface ProgressOptions {
  readonly style: Style;
  /**
   * One status line that is written over, for a terminal that nothing else is printed to; otherwise a line of its own now
   * and then.
   */
  readonly live: boolean;
}

const LIVE_INTERVAL_MS = 500;
const LOG_INTERVAL_MS = 10_000;
const CLEAR_LINE = "\r\x1b[K";

function describe(snapshot: ProgressSnapshot, style: Style): string {
  const { seen, delivered, failed, lost, shed } = snapshot;
  const seconds = Math.round(snapshot.elapsedMs / 1000) * 1000;
  const trouble = (count: number, name: string) =>
    count === 0 ? [] : [paint(style, "red", `${formatCount(count)} ${name}`)];
  const parts = [
    `${formatCount(seen)} seen (${formatRate(snapshot.ratePerSecond)})`,
    `${formatCount(delivered)} delivered`,
    ...trouble(failed, "failed"),
    ...trouble(lost, "lost"),
    ...trouble(shed, "shed"),
  ];
  return `${formatMs(seconds).replace(".0s", "s")}  ${parts.join(` ${symbol(style, "dot")} `)}`;
}

/** Says how the run stands: at most twice a second on a live status line, else once in 10 s. */
export function createProgress(stream: ProgressStream, options: ProgressOptions): Progress {
  const { live, style } = options;
  const intervalMs = live ? LIVE_INTERVAL_MS : LOG_INTERVAL_MS;
  let shownMs = live ? Number.NEGATIVE_INFINITY : 0;
  let lineIsUp = false;
  return {
    update(snapshot) {
      if (snapshot.elapsedMs - shownMs < intervalMs) return;
      shownMs = snapshot.elapsedMs;
      if (!live) {
        stream.write(`${describe(snapshot, style)}\n`);
        return;
      }
      // A line that is cut must not be cut inside a colour's escape sequence, so it goes without colour.
      const columns = stream.columns ?? 80;
      const plain = describe(snapshot, { ...style, colour: false });
      const line = plain.length < columns ? describe(snapshot, style) : plain.slice(0, columns - 1);
      stream.write(`${CLEAR_LINE}${line}`);
      lineIsUp = true;
    },
    clear() {
      if (lineIsUp) stream.write(CLEAR_LINE);
      lineIsUp = false;
    },
  };
}

import { statusJson } from "../../report/status-json.ts";
import { formatStatus } from "../../report/status-text.ts";
import { detectStyle } from "../../report/style.ts";
import { askStatus, socketOf } from "./ask-run.ts";
import { type StatusKind, watchStatus } from "./watch-status.ts";

const LIVE_INTERVAL_MS = 1_000;
const LOG_INTERVAL_MS = 10_000;

export interface ShowOptions {
  readonly socket: string | undefined;
  readonly kind: StatusKind;
  readonly watch: boolean;
}

/** Prints on stdout how a run stands: once, or with `watch` until Ctrl-C or the end of the run. */
export async function showStatus({ socket, kind, watch }: ShowOptions): Promise<void> {
  const { stdout, stderr } = process;
  const style = detectStyle(stdout, process.env);
  const path = await socketOf(socket);
  if (!watch) {
    const status = await askStatus(path);
    stdout.write(kind === "json" ? statusJson(status) : formatStatus(status, style));
    return;
  }
  const ending = new AbortController();
  const end = () => ending.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, end);
  // A reader that has left, such as `head`, has seen enough.
  stdout.once("error", end);
  try {
    const live = stdout.isTTY === true && process.env["TERM"] !== "dumb";
    const intervalMs = live && kind === "text" ? LIVE_INTERVAL_MS : LOG_INTERVAL_MS;
    const { signal } = ending;
    const how = await watchStatus(() => askStatus(path), stdout, {
      kind,
      style,
      live,
      intervalMs,
      signal,
    });
    if (how === "ended") stderr.write("The run has ended.\n");
  } finally {
    for (const signal of signals) process.off(signal, end);
    stdout.off("error", end);
  }
}

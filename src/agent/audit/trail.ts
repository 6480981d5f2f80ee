import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type {
  AuditCause,
  AuditChange,
  AuditEntry,
  AuditEvent,
  AuditOrigin,
  AuditRefusal,
  AuditRules,
  StopCause,
} from "../../model/audit.ts";
import { codeOf, ShadowtapError } from "../../model/errors.ts";
import { unwritable } from "./open-file.ts";
import { openTrail, type TrailFile } from "./trail-file.ts";

/** The audit trail of one run. */
export interface AuditTrail {
  /** Rejects when the beginning cannot be written: then the run must not begin. */
  start(origin: () => AuditOrigin & AuditRules): Promise<void>;
  change(by: AuditCause, change: AuditChange): void;
  refuse(by: AuditCause, refusal: AuditRefusal): void;
  /** Writes the end, if the beginning was written; the first call counts. Resolves when there is nothing left to do. */
  stop(why: StopCause, ledger: object | null): Promise<void>;
  close(): void;
}

export interface TrailTimes {
  readonly retryMs: number;
  /** How long the end of a run waits for a disk that is full. */
  readonly lastTryMs: number;
}

const TIMES: TrailTimes = { retryMs: 5_000, lastTryMs: 3_000 };
/** Entries that wait for a disk; more are counted only. */
const MAX_WAITING = 1_000;
const SLOW = Object.assign(new Error("The disk is too slow."), { code: "EBUSY" });

/** Of a run without `--audit-file`. */
const NO_TRAIL: AuditTrail = {
  start: async () => {},
  change() {},
  refuse() {},
  stop: async () => {},
  close() {},
};

/** Rejects with ShadowtapError when the file cannot be used. */
export async function openAuditTrail(
  path: string | undefined,
  say: (line: string) => void,
): Promise<AuditTrail> {
  return path === undefined ? NO_TRAIL : createAuditTrail(path, await openTrail(path), say);
}

/** A trouble that has been said. `isTold`: an entry tells of it, and whether that one is safe is not known yet. */
interface Trouble {
  readonly since: string;
  readonly code: string;
  dropped: number;
  isTold: boolean;
}

export function createAuditTrail(
  path: string,
  file: TrailFile,
  say: (line: string) => void,
  times: TrailTimes = TIMES,
): AuditTrail {
  const run = randomUUID();
  const waiting: AuditEntry[] = [];
  let trouble: Trouble | undefined;
  let head: string | undefined;
  let writing: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isStarted = false;
  let isStopped = false;

  const entryOf = (event: AuditEvent): AuditEntry => ({
    time: new Date().toISOString(),
    run,
    ...event,
  });

  const fail = (error: unknown): Trouble => {
    if (trouble !== undefined) return trouble;
    const code = codeOf(error);
    trouble = { since: new Date().toISOString(), code, dropped: 0, isTold: false };
    say(`The audit trail ${path} cannot be written (${code}). The run goes on and tries again.`);
    return trouble;
  };

  /** Rejects when an entry cannot be written; one that may not outlast a power failure is in the file, and a trouble. */
  const append = async (entry: AuditEntry): Promise<void> => {
    const { hash, unsafe } = await file.append(entry);
    head = hash;
    if (entry.event === "gap" && trouble !== undefined) {
      trouble.isTold = true;
      trouble.dropped -= entry.dropped;
    }
    if (unsafe !== undefined) fail(unsafe);
    else if (trouble?.isTold) {
      trouble = undefined;
      say(`The audit trail ${path} is written again.`);
    }
  };

  const writeWaiting = async (): Promise<void> => {
    clearTimeout(retry);
    try {
      if (trouble !== undefined && !trouble.isTold) {
        const { since, code, dropped } = trouble;
        await append(entryOf({ event: "gap", since, code, late: waiting.length, dropped }));
      }
      for (let [entry] = waiting; entry !== undefined; [entry] = waiting) {
        await append(entry);
        waiting.shift();
      }
    } catch (error) {
      fail(error).isTold = false;
    }
    if (trouble !== undefined && !trouble.isTold && !isStopped)
      retry = setTimeout(() => void flush(), times.retryMs).unref();
  };

  const flush = (): Promise<void> => {
    writing ??= writeWaiting().finally(() => {
      writing = undefined;
    });
    return writing;
  };

  const note = (event: AuditEvent) => {
    if (!isStarted || isStopped) return;
    if (waiting.length >= MAX_WAITING) fail(SLOW).dropped++;
    else waiting.push(entryOf(event));
    if (trouble === undefined || trouble.isTold) void flush();
  };

  return {
    async start(origin) {
      try {
        const { unsafe } = await file.append(entryOf({ event: "start", ...origin() }));
        if (unsafe !== undefined) throw unsafe;
      } catch (error) {
        throw error instanceof ShadowtapError ? error : unwritable(path, error);
      }
      isStarted = true;
    },
    change: (by, change) => note({ event: "change", by, change }),
    refuse: (by, refusal) => note({ event: "refused", by, refusal }),
    async stop(why, ledger) {
      if (!isStarted || isStopped) return;
      isStopped = true;
      waiting.push(entryOf({ event: "stop", why, ledger }));
      const untilMs = performance.now() + times.lastTryMs;
      for (;;) {
        // What is being written may have looked before the end was there.
        await flush();
        if (waiting.length === 0) break;
        if (performance.now() >= untilMs) {
          say(
            `The audit trail ${path} lacks its end: ${waiting.length} entries could not be written.`,
          );
          return;
        }
        if (trouble !== undefined) await sleep(Math.min(times.retryMs, 250));
      }
      say(`Audit trail: ${path} ends with ${head}.`);
    },
    close() {
      clearTimeout(retry);
      void file.close().catch(() => {});
    },
  };
}

import { monotonicNs } from "../model/clock.ts";
import type { OutcomeSink } from "../model/exchange.ts";
import type { OutputKind } from "../model/output.ts";
import { createCompactFormatter } from "./compact-line.ts";
import { createJsonFormatter } from "./json-line.ts";
import { createTextBatch, type LineBatch } from "./line-batch.ts";
import { createProtobufBatch } from "./protobuf-batch.ts";
import type { Style } from "./style.ts";

/** Where lines go. `write` is only called right after `ready` said yes, with at most `MAX_CHUNK_BYTES`. */
export interface LineOutput {
  /** True when `write` of one chunk cannot block, such as when poll(2) reports POLLOUT for a pipe. */
  ready(): boolean;
  /** Returns how many of the bytes were taken; a disk that is full takes fewer, or none. */
  write(bytes: Uint8Array): number;
}

/** PIPE_BUF: a pipe that poll(2) calls writable has room for this much. */
export const MAX_CHUNK_BYTES = 4096;
/** Beyond this much unwritten output, new lines are dropped. */
export const MAX_PENDING_BYTES = 1 << 20;

/** Prints one line per mirrored request and target, without ever waiting for whoever reads them. */
export interface LineWriter {
  /** Takes one outcome. Drops the whole line when too much is pending already. */
  readonly line: OutcomeSink;
  /** Writes what the output takes now. To be called once a tick. */
  flush(): void;
  /** Gives up what is still pending and counts it as dropped; a line that was begun counts as well. */
  abandon(): void;
  readonly pendingBytes: number;
  readonly linesDropped: number;
}

export interface LineWriterOptions {
  /** Names of the targets, by `targetIndex`. Read when a target's first line comes, so it may grow during the run. */
  readonly targets: readonly string[];
  /** Whether compact lines name their rule: it tells something only when there are several. Asked for every line. */
  readonly showRule?: () => boolean;
  readonly style: Style;
  /** Milliseconds to add to CLOCK_MONOTONIC for the wall clock; asked once a flush, since the wall clock may be set. */
  readonly wallOffsetMs?: () => number;
}

function createBatch(kind: Exclude<OutputKind, "none">, options: LineWriterOptions): LineBatch {
  switch (kind) {
    case "compact":
      return createTextBatch(
        createCompactFormatter(options.targets, options.style, options.showRule ?? (() => false)),
      );
    case "json":
      return createTextBatch(createJsonFormatter(options.targets));
    case "protobuf":
      return createProtobufBatch(options.targets);
  }
}

const silent: LineWriter = {
  line() {},
  flush() {},
  abandon() {},
  pendingBytes: 0,
  linesDropped: 0,
};

/** A writer of the given kind. Lines are formatted when they come and encoded once a flush. */
export function createLineWriter(
  kind: OutputKind,
  out: LineOutput,
  options: LineWriterOptions,
): LineWriter {
  if (kind === "none") return silent;
  const askWallOffsetMs = options.wallOffsetMs ?? (() => Date.now() - monotonicNs() / 1e6);
  const batch = createBatch(kind, options);
  const queue: { readonly bytes: Uint8Array; readonly lines: number }[] = [];
  let wallOffsetMs = askWallOffsetMs();
  let batchLines = 0;
  let queuedBytes = 0;
  /** How much of the queue's first entry was written. */
  let written = 0;
  let linesDropped = 0;

  return {
    line(exchange, targetIndex, outcome, sentTimeNs) {
      if (queuedBytes + batch.bytes >= MAX_PENDING_BYTES) {
        linesDropped++;
        return;
      }
      const { requestTimeNs } = exchange;
      const delayNs = sentTimeNs === 0 ? -1 : Math.max(0, sentTimeNs - requestTimeNs);
      batch.add(exchange, targetIndex, outcome, requestTimeNs / 1e6 + wallOffsetMs, delayNs);
      batchLines++;
    },

    flush() {
      wallOffsetMs = askWallOffsetMs();
      if (batchLines > 0) {
        const bytes = batch.take();
        queue.push({ bytes, lines: batchLines });
        queuedBytes += bytes.length;
        batchLines = 0;
      }
      let first = queue[0];
      while (first !== undefined && out.ready()) {
        const chunk = first.bytes.subarray(written, written + MAX_CHUNK_BYTES);
        const taken = out.write(chunk);
        if (taken === 0) return;
        written += taken;
        queuedBytes -= taken;
        if (written === first.bytes.length) {
          queue.shift();
          written = 0;
          first = queue[0];
        }
      }
    },

    abandon() {
      for (const { lines } of queue) linesDropped += lines;
      linesDropped += batchLines;
      if (batchLines > 0) batch.take();
      queue.length = 0;
      queuedBytes = 0;
      written = 0;
      batchLines = 0;
    },

    get pendingBytes() {
      return queuedBytes + batch.bytes;
    },
    get linesDropped() {
      return linesDropped;
    },
  };
}

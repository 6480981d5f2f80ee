import type { Exchange, Outcome } from "../model/exchange.ts";

/** Lines (or frames) that were made and not yet written. */
export interface LineBatch {
  /**
   * Adds one line. `wallMs` is when the request was captured, in milliseconds since 1970; `delayNs` how long after that
   * its copy was sent, negative when nothing was sent.
   */
  add(
    exchange: Exchange,
    targetIndex: number,
    outcome: Outcome,
    wallMs: number,
    delayNs: number,
  ): void;
  /** Bytes that `take` will return, or a few more. */
  readonly bytes: number;
  /** The lines as bytes; the batch is empty afterwards. */
  take(): Uint8Array;
}

export type FormatLine = (
  exchange: Exchange,
  targetIndex: number,
  outcome: Outcome,
  wallMs: number,
  delayNs: number,
) => string;

/** Characters in a line that may take three bytes each: an arrow, a cross, a cut path's mark. */
const EXTRA_BYTES_PER_LINE = 6;

/** A batch of text lines. One string grows and is encoded once: far cheaper than encoding every line. */
export function createTextBatch(format: FormatLine): LineBatch {
  let text = "";
  let lines = 0;
  return {
    add(exchange, targetIndex, outcome, wallMs, delayNs) {
      text += format(exchange, targetIndex, outcome, wallMs, delayNs);
      lines++;
    },
    get bytes() {
      return text.length + lines * EXTRA_BYTES_PER_LINE;
    },
    take() {
      const bytes = Buffer.from(text, "utf8");
      text = "";
      lines = 0;
      return bytes;
    },
  };
}

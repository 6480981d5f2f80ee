import { writeSync } from "node:fs";
import { createWritableProbe } from "../kernel/writable.ts";
import { codeOf } from "../model/errors.ts";
import type { LineOutput } from "../report/line-writer.ts";

const STDOUT = 1;
/** What a disk says that is full, or over its quota, or in trouble: it may take more later. */
const PASSING: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EIO", "EAGAIN"]);
const RETRY_MS = 1_000;

/**
 * Standard output, written only where that cannot block: a stalled reader must not stall the capture. A reader that has gone
 * is told by `onClosed`; a disk that is full is tried again, and what does not fit meanwhile is dropped and counted.
 */
export function createStdout(onClosed: () => void): LineOutput {
  const isWritable = createWritableProbe(STDOUT);
  let closed = false;
  let pauseUntilMs = 0;
  return {
    ready: () => !closed && performance.now() >= pauseUntilMs && isWritable(),
    write(bytes) {
      try {
        return writeSync(STDOUT, bytes);
      } catch (error) {
        if (PASSING.has(codeOf(error))) {
          pauseUntilMs = performance.now() + RETRY_MS;
        } else {
          closed = true;
          onClosed();
        }
        return 0;
      }
    },
  };
}

import { writeSync } from "node:fs";
import { createWritableProbe } from "../kernel/writable.ts";
import type { LineOutput } from "../report/line-writer.ts";

const STDOUT = 1;

/** Standard output, written only where that cannot block: a stalled reader must not stall the capture. */
export function createStdout(onClosed: () => void): LineOutput {
  const isWritable = createWritableProbe(STDOUT);
  let closed = false;
  return {
    ready: () => !closed && isWritable(),
    write(bytes) {
      try {
        writeSync(STDOUT, bytes);
      } catch {
        closed = true;
        onClosed();
      }
    },
  };
}

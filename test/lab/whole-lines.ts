import { readFileSync } from "node:fs";

/** The lines of a file that may still be written to: behind the last newline is nothing, or half a line. */
export function wholeLines(path: string): string[] {
  return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

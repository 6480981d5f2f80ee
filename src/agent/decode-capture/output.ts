import type { Writable } from "node:stream";

/** Text for one stream, written when it takes it: a file is read no faster than its requests are. */
export interface TextOutput {
  add(text: string): void;
  /** Writes what was added; resolves when more can be taken, to false when the stream takes no more. */
  flush(): Promise<boolean>;
}

export function createTextOutput(stream: Writable): TextOutput {
  let parts: string[] = [];
  let isClosed = false;
  let wake: (() => void) | undefined;
  // Whoever read it has gone, as `head` does: that is no error.
  stream.on("error", () => {
    isClosed = true;
    wake?.();
  });
  return {
    add(text) {
      if (!isClosed) parts.push(text);
    },
    async flush() {
      const text = parts.join("");
      parts = [];
      if (text === "" || isClosed) return !isClosed;
      await new Promise<void>((resolve) => {
        wake = resolve;
        stream.write(text, () => resolve());
      });
      return !isClosed;
    },
  };
}

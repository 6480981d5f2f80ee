/** Things to take back, last first. (Node 22 has no `using` yet.) */
export interface Cleanup {
  /** Runs `undo` at the end; returns nothing to keep. */
  defer(undo: () => void): void;
  /** Takes everything back; once. A failing step does not keep the others from running; the first error is thrown. */
  run(): void;
}

export function createCleanup(): Cleanup {
  const undos: (() => void)[] = [];
  return {
    defer(undo) {
      undos.push(undo);
    },
    run() {
      const errors: unknown[] = [];
      for (let undo = undos.pop(); undo; undo = undos.pop()) {
        try {
          undo();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}

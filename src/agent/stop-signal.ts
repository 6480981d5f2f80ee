/** Exit code of a process ended by a signal, as shells report it. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** When to end the run, and who may say so. */
export interface StopSignal {
  /** Resolves when the run should end. */
  readonly asked: Promise<void>;
  ask(): void;
  dispose(): void;
}

/**
 * The first INT or TERM asks for an orderly end; the second leaves at once. Links go with the process, so even then
 * nothing stays attached.
 */
export function createStopSignal(): StopSignal {
  const { promise, resolve } = Promise.withResolvers<void>();
  let signals = 0;
  const onSignal = (signal: keyof typeof EXIT_CODES) => {
    if (++signals > 1) process.exit(EXIT_CODES[signal]);
    resolve();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    asked: promise,
    ask: resolve,
    dispose() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}

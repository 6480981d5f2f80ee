import type { StopCause } from "../model/audit.ts";

/** Exit code of a process ended by a signal, as shells report it. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** When to end the run, and who may say so. */
export interface StopSignal {
  /** Resolves when the run should end. */
  readonly asked: Promise<void>;
  ask(cause: StopCause): void;
  /** Who asked first. */
  readonly cause: StopCause | undefined;
  dispose(): void;
}

/**
 * The first INT, TERM or HUP (the terminal has gone) asks for an orderly end; the second leaves at once. Links go with
 * the process, so even then nothing stays attached. A run with a rules file reads that again on HUP instead.
 */
export function createStopSignal(hangsUp: boolean): StopSignal {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  let cause: StopCause | undefined;
  const ask = (by: StopCause) => {
    cause ??= by;
    resolve();
  };
  const onSignal = (signal: keyof typeof EXIT_CODES) => {
    if (++count > 1) process.exit(EXIT_CODES[signal]);
    ask({ kind: "signal", signal });
  };
  const signals = hangsUp
    ? (["SIGHUP", "SIGINT", "SIGTERM"] as const)
    : (["SIGINT", "SIGTERM"] as const);
  for (const signal of signals) process.on(signal, onSignal);
  return {
    asked: promise,
    ask,
    get cause() {
      return cause;
    },
    dispose() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

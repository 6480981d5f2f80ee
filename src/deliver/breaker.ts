import { createBackoff } from "./backoff.ts";

export const BREAKER_FAILURES = 5;
const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 30_000;

/** closed: requests pass. open: none does, for a while. half_open: one passes, and its fate decides. */
export type BreakerState = "closed" | "open" | "half_open";

/** Keeps a target that fails from being asked for every request. */
export interface Breaker {
  readonly state: BreakerState;
  /** Whether a new request may be sent; `probe` is the one request that decides in the state half_open. */
  admit(): "yes" | "probe" | "no";
  success(): void;
  failure(reason: string): void;
  /** The probe ended in a way that says nothing about the target: another may go. */
  probeAbandoned(): void;
}

/** Opens after five failures in a row, for 1 s, doubled up to 30 s while probes fail. */
export function createBreaker(
  nowNs: () => number,
  onState: (state: BreakerState, reason: string) => void,
  random: () => number = Math.random,
): Breaker {
  const backoff = createBackoff(FIRST_PAUSE_MS, MAX_PAUSE_MS, random);
  let state: BreakerState = "closed";
  let failures = 0;
  let openUntilNs = 0;

  function open(reason: string): void {
    const pauseMs = backoff.nextMs();
    openUntilNs = nowNs() + pauseMs * 1e6;
    state = "open";
    onState(state, reason);
  }

  return {
    get state() {
      return state;
    },
    admit() {
      if (state === "closed") return "yes";
      if (state === "half_open" || nowNs() < openUntilNs) return "no";
      state = "half_open";
      onState(state, "trying one request");
      return "probe";
    },
    success() {
      failures = 0;
      if (state === "closed") return;
      state = "closed";
      backoff.reset();
      onState(state, "answered");
    },
    failure(reason) {
      failures++;
      if (state === "half_open" || (state === "closed" && failures >= BREAKER_FAILURES))
        open(reason);
    },
    probeAbandoned() {
      if (state !== "half_open") return;
      state = "open";
      openUntilNs = 0;
    },
  };
}

import type { Ramp } from "../model/rule.ts";
import type { RampStatus } from "../model/status.ts";
import { createEvidence, percent, type RampWindow } from "./ramp-evidence.ts";

export type { RampWindow } from "./ramp-evidence.ts";

/** A share that rises by itself, and steps back when the shadow does badly. */
export interface RampControl {
  /** 0 … 1, now. */
  readonly share: number;
  readonly status: RampStatus;
  /** Takes in what happened since the last call; returns the share from now on. Made for being called about once a second. */
  observe(window: RampWindow, nowMs: number): number;
}

/** So many copies are judged at once; fewer when the time below has passed. */
const ENOUGH_FOR_ERRORS = 20;
/** The 99th percentile of fewer is just the slowest. */
const ENOUGH_FOR_LATENCY = 100;
const JUDGED_AFTER_MS = 60_000;
/** How long a step is held at least, after one back, before the next forward. */
const MIN_WAIT_MS = 5000;
const MAX_WAIT_MS = 300_000;
/** Consecutive failures of one step double the wait for it up to 2^3 times. */
const MAX_DOUBLINGS = 3;

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** Judges the copies of late, so that a shadow that breaks is noticed at once, and those of the whole step, strictly. */
interface Watch {
  /** What is wrong, as the end of a sentence. */
  add(window: RampWindow, nowMs: number): string | undefined;
  /** The same about all copies since `restart`. */
  wholeStep(): string | undefined;
  /** Whether there is a copy to go by. */
  readonly hasEvidence: boolean;
  restart(nowMs: number): void;
}

function createWatch(guard: NonNullable<Ramp["guard"]>, holdMs: number, startMs: number): Watch {
  const step = createEvidence(guard);
  const errors = createEvidence(guard);
  const latency = createEvidence(guard);
  const patienceMs = clamp(holdMs, MIN_WAIT_MS, JUDGED_AFTER_MS);
  let errorsSinceMs = startMs;

  const judgeErrors = (nowMs: number): string | undefined => {
    if (errors.copies < ENOUGH_FOR_ERRORS && nowMs - errorsSinceMs < patienceMs) return undefined;
    const fault = errors.errorFault(true);
    errors.clear();
    errorsSinceMs = nowMs;
    return fault;
  };
  const judgeLatency = (): string | undefined => {
    if (latency.copies < ENOUGH_FOR_LATENCY) return undefined;
    const fault = latency.latencyFault();
    latency.clear();
    return fault;
  };

  return {
    add(window, nowMs) {
      for (const evidence of [step, errors, latency]) evidence.add(window);
      return judgeErrors(nowMs) ?? judgeLatency();
    },
    wholeStep: () => step.errorFault(false) ?? step.latencyFault(),
    get hasEvidence() {
      return step.copies > 0;
    },
    restart(nowMs) {
      for (const evidence of [step, errors, latency]) evidence.clear();
      errorsSinceMs = nowMs;
    },
  };
}

/**
 * Starts a ramp at its first step. With a guard, a step is left forward only after it was held in full, copies were seen and the
 * guard held over all of them; without any traffic it stays. One step back is taken as soon as the guard is crossed, and another at
 * each judgement while it stays so, down to the first step, which is kept.
 */
export function createRamp(ramp: Ramp, startMs: number): RampControl {
  const { from, to, guard } = ramp;
  const steps = Math.max(1, Math.floor(ramp.steps));
  const holdMs = ramp.overMs / steps;
  const watch = guard === undefined ? undefined : createWatch(guard, holdMs, startMs);
  /** How often each step failed when it was reached from below, since it last held. */
  const failures = new Map<number, number>();
  let step = 1;
  let sinceMs = startMs;
  let isHeldBack = false;
  let wasReachedFromBelow = true;
  let reason: string | undefined;

  const shareAt = (at: number) =>
    at === steps ? to : from + ((to - from) * (at - 1)) / (steps - 1);
  const failuresAt = (at: number) => failures.get(at) ?? 0;

  const waitMs = () => {
    if (!isHeldBack) return holdMs;
    const failed = Math.max(failuresAt(step), failuresAt(step + 1));
    return clamp(holdMs, MIN_WAIT_MS, MAX_WAIT_MS) * 2 ** clamp(failed - 1, 0, MAX_DOUBLINGS);
  };
  const goTo = (next: number, nowMs: number) => {
    step = next;
    sinceMs = nowMs;
    watch?.restart(nowMs);
  };
  const stepBack = (fault: string, nowMs: number) => {
    // Copies that were sent at a larger share fail after the step back: that is no new attempt at the smaller one.
    if (wasReachedFromBelow) failures.set(step, failuresAt(step) + 1);
    const sentence = `At ${percent(shareAt(step))} ${fault}`;
    reason =
      step === 1
        ? `${sentence}: it stays at ${percent(from)}, the first step.`
        : `${sentence}: it went back to ${percent(shareAt(step - 1))}.`;
    isHeldBack = true;
    wasReachedFromBelow = false;
    goTo(Math.max(1, step - 1), nowMs);
  };
  const stepForward = (nowMs: number) => {
    failures.delete(step);
    isHeldBack = false;
    wasReachedFromBelow = true;
    goTo(Math.min(steps, step + 1), nowMs);
  };

  const observeGuarded = (watched: Watch, window: RampWindow, nowMs: number) => {
    const fault = watched.add(window, nowMs);
    if (fault !== undefined) return stepBack(fault, nowMs);
    if (nowMs - sinceMs < waitMs() || !watched.hasEvidence) return;
    const stepFault = watched.wholeStep();
    if (stepFault !== undefined) stepBack(stepFault, nowMs);
    else stepForward(nowMs);
  };

  return {
    get share() {
      return shareAt(step);
    },
    get status(): RampStatus {
      const state = isHeldBack ? "held_back" : step === steps ? "done" : "rising";
      return { step, steps, state, reason };
    },
    observe(window, nowMs) {
      if (watch !== undefined) observeGuarded(watch, window, nowMs);
      else while (step < steps && nowMs - sinceMs >= holdMs) goTo(step + 1, sinceMs + holdMs);
      return shareAt(step);
    },
  };
}

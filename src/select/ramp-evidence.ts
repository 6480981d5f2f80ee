import type { RampGuard } from "../model/rule.ts";

/** What became of a rule's copies since the last observation. */
export interface RampWindow {
  readonly offered: number;
  /** Neither sent in whole nor answered in whole. */
  readonly failed: number;
  /** Answered with 5xx. */
  readonly serverErrors: number;
  /** Of the answers in this window; undefined when there was none. */
  readonly p99Ms: number | undefined;
}

/** Windows added up, and what they say against a guard. */
export interface Evidence {
  readonly copies: number;
  add(window: RampWindow): void;
  clear(): void;
  /**
   * Whether more copies went wrong than the guard allows, as the end of a sentence; `beyondChance`: beyond what chance may add to a
   * share that is just allowed, so that two bad answers in a handful are not taken for the rule.
   */
  errorFault(beyondChance: boolean): string | undefined;
  latencyFault(): string | undefined;
}

/** A share for people: three digits are enough. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

export function createEvidence(guard: RampGuard): Evidence {
  const { maxErrorRatio, maxP99Ms } = guard;
  let copies = 0;
  let errors = 0;
  let slowWindowCopies = 0;
  let slowCopies = 0;
  let worstP99Ms = 0;

  return {
    get copies() {
      return copies;
    },
    add(window) {
      const wrong = window.failed + window.serverErrors;
      // A copy that fails now may have been offered in a window before: then more went wrong than were offered.
      const here = Math.max(window.offered, wrong);
      copies += here;
      errors += wrong;
      const { p99Ms } = window;
      if (maxP99Ms === undefined || p99Ms === undefined || p99Ms <= maxP99Ms) return;
      slowWindowCopies += here;
      slowCopies += Math.max(1, here / 100);
      worstP99Ms = Math.max(worstP99Ms, p99Ms);
    },
    clear() {
      copies = 0;
      errors = 0;
      slowWindowCopies = 0;
      slowCopies = 0;
      worstP99Ms = 0;
    },
    errorFault(beyondChance) {
      if (maxErrorRatio === undefined || copies === 0) return undefined;
      const allowed = maxErrorRatio * copies;
      // Four standard deviations of how many are wrong if exactly the allowed share is, and one more because few are never
      // spread evenly: judged every second, less would step back by chance every few minutes.
      const chance = beyondChance ? 4 * Math.sqrt(allowed * (1 - maxErrorRatio)) + 1 : 0;
      if (errors <= allowed + chance) return undefined;
      return `${errors} of ${copies} copies failed or were answered with 5xx (${percent(errors / copies)}, more than ${percent(maxErrorRatio)})`;
    },
    latencyFault() {
      // Percentiles cannot be added up. Over the limit is what was so for most copies, or, where windows are too small for a
      // percentile, when more than one copy in a hundred was slower for certain.
      if (slowWindowCopies * 2 <= copies && slowCopies * 100 <= copies) return undefined;
      return `the 99th percentile of the shadow's answers reached ${Math.round(worstP99Ms)} ms, more than ${maxP99Ms} ms`;
    },
  };
}

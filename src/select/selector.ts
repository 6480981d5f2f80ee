import type { RequestView } from "../model/request.ts";
import { compilePathGlob } from "./path-glob.ts";
import { createTokenBucket } from "./token-bucket.ts";
import { Verdict } from "./verdict.ts";

/** Which requests are mirrored. */
export interface SelectRule {
  /** Glob over the path, see `compilePathGlob`. */
  readonly path: string;
  /** Methods that are mirrored, compared exactly; the others are held back. */
  readonly methods: ReadonlySet<string> | "all";
  /** Share of what matches, 0 … 100, drawn per request. */
  readonly percent: number;
  /** Requests per second at most, with a second's worth of burst; undefined for no limit. */
  readonly maxRps: number | undefined;
  /** How many more may be offered until `--count` is reached: the wanted number less delivered and in flight. */
  readonly countLeft: (() => number) | undefined;
}

/** The rule, compiled. */
export interface Selector {
  /** What becomes of one request. Takes a token of the rate budget when the answer is `offered`. */
  decide(request: RequestView): Verdict;
}

/**
 * Compiles a rule. Order: path, method, sample, budgets; the first that says no is the verdict. `clock` gives monotonic
 * nanoseconds, `random` uniform numbers in [0, 1).
 */
export function createSelector(
  rule: SelectRule,
  clock: () => number,
  random: () => number,
): Selector {
  const { countLeft, methods } = rule;
  const matchesPath = compilePathGlob(rule.path);
  const share = rule.percent / 100;
  const bucket = rule.maxRps === undefined ? undefined : createTokenBucket(rule.maxRps, clock());

  return {
    decide(request) {
      if (!matchesPath(request.bytes, request.targetStart, request.targetEnd))
        return Verdict.notMatched;
      if (methods !== "all" && !methods.has(request.method)) return Verdict.heldBackMethod;
      if (share < 1 && random() >= share) return Verdict.sampledOut;
      // Asking for the count costs nothing, taking a token does: in the other order a finished run would eat tokens.
      if (countLeft !== undefined && countLeft() <= 0) return Verdict.overBudgetCount;
      if (bucket !== undefined && !bucket.take(clock())) return Verdict.overBudgetMaxRps;
      return Verdict.offered;
    },
  };
}

import type { JsonPathFault, JsonPathStep } from "./json-path-step.ts";
import { parseJsonPath } from "./json-path-syntax.ts";

/** Where in a JSON document a rule looks, compiled. Paths as in `JsonPlace`: names one character per byte of their UTF-8. */
export interface JsonPathTest {
  readonly kind: "test";
  /** Whether the place itself is meant. */
  matches(path: readonly (string | number)[]): boolean;
  /** Whether an object or array is meant that the place lies in. */
  matchesAncestor(path: readonly (string | number)[]): boolean;
  /** Where the path of the document itself stands. */
  readonly start: PathState;
  /** Where a path stands that is one element longer: so that each element of a document is looked at once. */
  advance(state: PathState, element: string | number): PathState;
  /** Whether the place itself is meant; and whether an object or array that it lies in is. */
  isMatch(state: PathState): boolean;
  isWithin(state: PathState): boolean;
}

/** Bit n: a path may stand before step n. */
export type PathState = number;

/** An object or array is meant that the place lies in. */
const WITHIN = 1 << 30;

/**
 * Compiles the part of RFC 9535 that can be decided from a place alone: members, wildcards, descendants and indices from the start. What needs
 * the rest of the document (filters, slices, indices from the end) is a fault.
 */
export function compileJsonPath(path: string): JsonPathTest | JsonPathFault {
  const steps = parseJsonPath(path);
  return "kind" in steps ? steps : testOf(steps);
}

function testOf(steps: readonly JsonPathStep[]): JsonPathTest {
  const full = 1 << steps.length;
  const start = stand(steps, 0, 0);

  function advance(state: PathState, element: string | number): PathState {
    let next = (state & full) === 0 ? state & WITHIN : WITHIN;
    for (let rest = state & (full - 1); rest !== 0; rest &= rest - 1) {
      const step = 31 - Math.clz32(rest & -rest);
      const wanted = steps[step];
      if (wanted?.kind === "descend") next = stand(steps, next, step);
      else if (wanted !== undefined && matchesStep(wanted, element))
        next = stand(steps, next, step + 1);
    }
    return next;
  }

  const isMatch = (state: PathState) => (state & full) !== 0;
  const isWithin = (state: PathState) => (state & WITHIN) !== 0;
  const walk = (place: readonly (string | number)[]) => place.reduce<PathState>(advance, start);
  return {
    kind: "test",
    start,
    advance,
    isMatch,
    isWithin,
    matches: (place) => isMatch(walk(place)),
    matchesAncestor: (place) => isWithin(walk(place)),
  };
}

/** A state with `step` added, and the one behind it where a descent may be over at once. */
function stand(steps: readonly JsonPathStep[], state: PathState, step: number): PathState {
  let next = state | (1 << step);
  for (let at = step; steps[at]?.kind === "descend"; at++) next |= 1 << (at + 1);
  return next;
}

function matchesStep(step: JsonPathStep, element: string | number | undefined): boolean {
  switch (step.kind) {
    case "name":
      return element === step.name;
    case "index":
      return element === step.index;
    default:
      return true;
  }
}

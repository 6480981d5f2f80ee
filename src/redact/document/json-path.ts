import { parseJsonPath } from "./json-path-syntax.ts";

/** Where in a JSON document a rule looks, compiled. Paths as in `JsonPlace`: names one character per byte of their UTF-8. */
export interface JsonPathTest {
  readonly kind: "test";
  /** Whether the place itself is meant. */
  matches(path: readonly (string | number)[]): boolean;
  /** Whether an object or array is meant that the place lies in. */
  matchesAncestor(path: readonly (string | number)[]): boolean;
}

/** Why a text is not a path: a sentence, and the character where it stopped making sense. */
export interface JsonPathFault {
  readonly kind: "fault";
  readonly at: number;
  readonly message: string;
}

/**
 * One step: the name of a member, the index of an element, `any` of either, or `descend` over any number of levels, none included:
 * `..a` is `descend` and then `a`.
 */
export type JsonPathStep =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "any" }
  | { readonly kind: "descend" };

const BELOW: readonly JsonPathStep[] = [{ kind: "any" }, { kind: "descend" }];

/**
 * Compiles the part of RFC 9535 that can be decided from a place alone: members, wildcards, descendants and indices from the start. What needs
 * the rest of the document (filters, slices, indices from the end) is a fault.
 */
export function compileJsonPath(path: string): JsonPathTest | JsonPathFault {
  const steps = parseJsonPath(path);
  if ("kind" in steps) return steps;
  const below = [...steps, ...BELOW];
  return {
    kind: "test",
    matches: (place) => matchesSteps(steps, place),
    matchesAncestor: (place) => matchesSteps(below, place),
  };
}

/** Goes back only to the last descent, which is enough: what an earlier one could skip, the last one can. */
function matchesSteps(steps: readonly JsonPathStep[], path: readonly (string | number)[]): boolean {
  let at = 0;
  let step = 0;
  let descent = -1;
  let retryAt = 0;
  while (at < path.length) {
    const wanted = steps[step];
    if (wanted?.kind === "descend") {
      descent = step++;
      retryAt = at;
    } else if (wanted !== undefined && matchesStep(wanted, path[at])) {
      step++;
      at++;
    } else if (descent >= 0) {
      step = descent + 1;
      at = ++retryAt;
    } else return false;
  }
  while (steps[step]?.kind === "descend") step++;
  return step === steps.length;
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

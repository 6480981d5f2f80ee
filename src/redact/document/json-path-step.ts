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

/** Of a path, so that a state is one number. */
export const MAX_STEPS = 29;

/** A piece of a path: text, one segment that is not empty, or any one character. */
export type PathPart =
  | { readonly kind: "literal"; readonly value: string }
  | { readonly kind: "segment" }
  | { readonly kind: "character" };

/**
 * Something that can be seen to occur in the head of a request while reading it once. Text is latin1.
 *
 * How a value must end: `exact`: nothing may follow; `open`: anything may.
 * A path may end with `segment`, too: what follows is a further segment, if anything. Whatever its path, a target that is not in
 * origin form satisfies `path` and `host`. A query that holds an encoded character satisfies `query`.
 */
export type Condition =
  | { readonly kind: "method"; readonly value: string }
  | { readonly kind: "start"; readonly value: string }
  | {
      readonly kind: "path";
      readonly parts: readonly PathPart[];
      readonly end: "exact" | "segment" | "open";
    }
  | {
      readonly kind: "host";
      readonly value: string;
      /** Labels may precede the value. */
      readonly isSuffix: boolean;
      readonly end: ValueEnd;
    }
  | NamedCondition<"header">
  | NamedCondition<"cookie">
  | NamedCondition<"query">
  | { readonly kind: "content_type"; readonly value: string; readonly end: ValueEnd };

interface NamedCondition<Kind> {
  readonly kind: Kind;
  readonly name: string;
  readonly value: string;
  readonly end: ValueEnd;
}

export type ValueEnd = "exact" | "open";

/**
 * A necessary condition of a rule: it matches only requests in whose head at least one of these occurs. None at all: no
 * request can match.
 */
export type Clause = readonly Condition[];

/** About how many bits the condition tells of a request; for choosing only. */
function selectivity(condition: Condition): number {
  const text = (value: string, end: string) =>
    Math.min(12, 2 * value.length) + (end === "exact" ? 2 : 0);
  switch (condition.kind) {
    case "method":
      return condition.value === "GET" ? 1 : 3;
    case "start":
      return Math.min(20, 1 + condition.value.length);
    case "path": {
      const literal = condition.parts.map((part) => (part.kind === "literal" ? part.value : ""));
      return text(literal.join(""), condition.end);
    }
    case "host":
      return 5;
    case "header":
      return 4 + text(condition.value, condition.end);
    case "cookie":
      return 5 + text(condition.value, condition.end);
    case "query":
      return 3 + text(condition.value, condition.end);
    case "content_type":
      return 3;
  }
}

/** The same for a clause. */
export function clauseSelectivity(clause: Clause): number {
  if (clause.length === 0) return 32;
  return Math.min(...clause.map(selectivity)) - Math.log2(clause.length);
}

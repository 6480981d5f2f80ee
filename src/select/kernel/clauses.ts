import type { Match, PathTest, ValueTest } from "../../model/rule.ts";
import { type Clause, type Condition, clauseSelectivity, type PathPart } from "./condition.ts";
import { regexPrefix } from "./regex-prefix.ts";

/** A clause of more alternatives than this tells too little for the room that it takes. */
const MAX_ALTERNATIVES = 256;
/** Conditions nested deeper than this are left to user space. */
const MAX_DEPTH = 32;

/**
 * Necessary conditions of a match: whatever matches satisfies every clause. They need not be sufficient; an empty list says that
 * nothing is known.
 */
export function clausesOf(match: Match): readonly Clause[] {
  return derive(match, false, 0);
}

function derive(match: Match, isNegated: boolean, depth: number): readonly Clause[] {
  if (depth > MAX_DEPTH) return [];
  switch (match.kind) {
    case "not":
      return derive(match.of, !isNegated, depth + 1);
    case "all":
    case "any": {
      const parts = match.of.map((part) => derive(part, isNegated, depth + 1));
      // Not all of them is any one not.
      return (match.kind === "all") !== isNegated ? parts.flat() : anyOf(parts);
    }
    default: {
      const condition = isNegated ? conditionOfOpposite(match) : conditionOf(match);
      return condition === undefined ? [] : [[condition]];
    }
  }
}

/** Of each branch its best clause: whatever satisfies one of the branches satisfies one of these. */
function anyOf(branches: readonly (readonly Clause[])[]): readonly Clause[] {
  const union: Condition[] = [];
  for (const clauses of branches) {
    const best = mostSelective(clauses);
    if (best === undefined || union.length + best.length > MAX_ALTERNATIVES) return [];
    union.push(...best);
  }
  return [union];
}

function mostSelective(clauses: readonly Clause[]): Clause | undefined {
  let best: Clause | undefined;
  for (const clause of clauses)
    if (best === undefined || clauseSelectivity(clause) > clauseSelectivity(best)) best = clause;
  return best;
}

type Leaf = Exclude<Match, { readonly kind: "all" | "any" | "not" }>;

/** What a match implies that is negated: only what must not be absent. */
function conditionOfOpposite(leaf: Leaf): Condition | undefined {
  const isField = leaf.kind === "header" || leaf.kind === "cookie" || leaf.kind === "query";
  if (!isField || leaf.test.kind !== "absent") return undefined;
  return valueCondition(leaf.kind, leaf.name, { kind: "present" });
}

function conditionOf(leaf: Leaf): Condition | undefined {
  switch (leaf.kind) {
    case "method":
      return isToken(leaf.value) ? { kind: "method", value: leaf.value } : undefined;
    case "path":
      return pathCondition(leaf.test);
    case "host":
      return hostCondition(leaf.test);
    case "header":
    case "cookie":
    case "query":
      return valueCondition(leaf.kind, leaf.name, leaf.test);
    case "content_type":
      return contentTypeCondition(leaf.value);
    case "body_size":
      return undefined;
    case "prefix":
      return startCondition(leaf.value);
  }
}

function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}

/** One character is one byte; others cannot match, which is for user space to find out. */
function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}

function valueCondition(
  kind: "header" | "cookie" | "query",
  name: string,
  test: ValueTest,
): Condition | undefined {
  if (test.kind === "absent" || name === "" || !isLatin1(name)) return undefined;
  if (kind === "header" && !isToken(name)) return undefined;
  if (test.kind === "present") return { kind, name, value: "", end: "open" };
  const value = test.kind === "regex" ? regexPrefix(test.value) : test.value;
  if (!isLatin1(value)) return undefined;
  return { kind, name, value, end: test.kind === "exact" ? "exact" : "open" };
}

function hostCondition(test: (Match & { kind: "host" })["test"]): Condition | undefined {
  const value = test.kind === "regex" ? regexPrefix(test.value) : test.value;
  if (value === "" || !isLatin1(value)) return undefined;
  // What follows the closing bracket of an IPv6 address is not compared.
  const end = test.kind === "regex" || value.includes("]") ? "open" : "exact";
  return { kind: "host", value, isSuffix: test.kind === "suffix", end };
}

function contentTypeCondition(value: string): Condition | undefined {
  if (!isLatin1(value)) return undefined;
  if (value === "*/*" || value === "*") return { kind: "content_type", value: "", end: "open" };
  if (value.endsWith("/*")) return { kind: "content_type", value: value.slice(0, -1), end: "open" };
  return { kind: "content_type", value, end: "exact" };
}

/** What is beyond the head is not seen; the very last byte of the head is left out, because the scan ends with it. */
function startCondition(value: string): Condition | undefined {
  const headEnd = value.indexOf("\r\n\r\n");
  const seen = headEnd < 0 ? value : value.slice(0, headEnd + 3);
  return seen === "" || !isLatin1(seen) ? undefined : { kind: "start", value: seen };
}

function pathCondition(test: PathTest): Condition | undefined {
  const condition = pathParts(test);
  const [first] = condition.parts;
  // Nearly every path begins with a slash, and one that does not is none that is written in a rule.
  if (first?.kind !== "literal" || !first.value.startsWith("/")) return undefined;
  if (!condition.parts.every((part) => part.kind !== "literal" || isLatin1(part.value)))
    return undefined;
  const isAnyPath =
    condition.parts.length === 1 && first.value === "/" && condition.end !== "exact";
  return isAnyPath ? undefined : condition;
}

function pathParts({ kind, value }: PathTest): Condition & { kind: "path" } {
  const literal = (text: string): readonly PathPart[] =>
    text === "" ? [] : [{ kind: "literal", value: text }];
  switch (kind) {
    case "exact":
      return { kind: "path", parts: literal(value), end: "exact" };
    case "prefix": {
      const trimmed = value.endsWith("/") ? value.slice(0, -1) : value;
      if (trimmed === "") return { kind: "path", parts: literal("/"), end: "open" };
      return { kind: "path", parts: literal(trimmed), end: "segment" };
    }
    case "regex":
      return { kind: "path", parts: literal(regexPrefix(value)), end: "open" };
    case "template":
      return templateParts(value);
    case "glob":
      return globParts(value);
  }
}

/** Up to a segment that is neither text nor wholly a parameter. */
function templateParts(value: string): Condition & { kind: "path" } {
  const parts: PathPart[] = [];
  let text = "";
  const flush = () => {
    if (text !== "") parts.push({ kind: "literal", value: text });
    text = "";
  };
  for (const [index, segment] of value.split("/").entries()) {
    if (index > 0) text += "/";
    const brace = segment.search(/[{}]/);
    if (brace < 0) text += segment;
    else if (/^\{[^{}]*\}$/.test(segment)) {
      flush();
      parts.push({ kind: "segment" });
    } else {
      text += segment.slice(0, brace);
      flush();
      return { kind: "path", parts, end: "open" };
    }
  }
  flush();
  return { kind: "path", parts, end: "exact" };
}

/** Up to the first star. */
function globParts(value: string): Condition & { kind: "path" } {
  const star = value.indexOf("*");
  const parts: PathPart[] = [];
  for (const piece of (star < 0 ? value : value.slice(0, star)).split(/(\?)/)) {
    if (piece === "?") parts.push({ kind: "character" });
    else if (piece !== "") parts.push({ kind: "literal", value: piece });
  }
  return { kind: "path", parts, end: star < 0 ? "exact" : "open" };
}

import { Edits } from "../document/edits.ts";
import { TEXT } from "../place.ts";
import type { CompiledRules, Order } from "../policy/compile.ts";
import type { Values } from "../values.ts";

interface Match {
  readonly start: number;
  readonly end: number;
  readonly order: Order;
}

/**
 * Each search takes time by what is left of the text, so that a pattern which often looks far ahead and then matches little would take hours:
 * after so long the body is given up.
 */
const MAX_SEARCH_MS = 1_000;
const MATCHES_A_LOOK = 64;

/** Replaces what the patterns match; where two overlap, the first rule decides. Undefined: it takes too long. */
export function applyTextRules(
  text: string,
  { text: rules }: CompiledRules,
  values: Values,
): string | undefined {
  const until = performance.now() + MAX_SEARCH_MS;
  let matches: readonly Match[] = [];
  for (const { regex, action, by } of rules) {
    const order = { action, by };
    const found: Match[] = [];
    const matcher = regex.matcher(text);
    for (let count = 1; matcher.find(); count++) {
      if (matcher.end() > matcher.start())
        found.push({ start: matcher.start(), end: matcher.end(), order });
      if (count % MATCHES_A_LOOK === 0 && performance.now() > until) return undefined;
    }
    matches = merged(matches, found);
  }
  const edits = new Edits();
  for (const { start, end, order } of matches) {
    const value = text.slice(start, end);
    const standIn = values.obey(order, value, TEXT);
    if (standIn !== value) edits.replace(start, end, standIn ?? "");
  }
  return edits.apply(text);
}

/** Both in order; of the second only what touches none of the first. */
function merged(first: readonly Match[], second: readonly Match[]): readonly Match[] {
  if (first.length === 0) return second;
  const all: Match[] = [];
  let next = 0;
  for (const match of first) {
    let other = second[next];
    for (; other !== undefined && other.start < match.end; other = second[++next])
      if (other.end <= match.start) all.push(other);
    all.push(match);
  }
  return [...all, ...second.slice(next)];
}

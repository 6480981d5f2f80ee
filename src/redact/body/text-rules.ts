import { Edits } from "../document/edits.ts";
import { TEXT } from "../place.ts";
import type { CompiledRules, Order } from "../policy/compile.ts";
import type { Values } from "../values.ts";

interface Match {
  readonly start: number;
  readonly end: number;
  readonly order: Order;
}

/** Replaces what the patterns match; where two overlap, the first rule decides. */
export function applyTextRules(
  text: string,
  { text: rules }: CompiledRules,
  values: Values,
): string {
  let matches: readonly Match[] = [];
  for (const { regex, action, by } of rules) {
    const order = { action, by };
    const found: Match[] = [];
    const matcher = regex.matcher(text);
    while (matcher.find())
      if (matcher.end() > matcher.start())
        found.push({ start: matcher.start(), end: matcher.end(), order });
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

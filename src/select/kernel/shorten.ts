import type { Clause, Condition, PathPart, ValueEnd } from "./condition.ts";

/** How much of the conditions the automaton has room for. Less detail lets through more. */
export interface Detail {
  /** Of a value so many characters are compared beyond those with which other values begin, too: these cost no room. */
  readonly ownBytes: number;
  /** Whether it is compared what follows a value. */
  readonly hasEnds: boolean;
}

/** No more of a value is compared, whatever the detail. */
const MAX_VALUE_BYTES = 128;

/** Takes detail out of conditions: what satisfies a condition satisfies the shortened one. */
export type Shorten = (condition: Condition, detail: Detail) => Condition;

/** Makes a `Shorten` that knows which values begin alike among all conditions that there are. */
export function createShorten(clauses: readonly Clause[]): Shorten {
  const shared = sharedBeginnings(clauses.flat());
  return (condition, { ownBytes, hasEnds }) => {
    const text = textOf(condition);
    const room = Math.min(
      MAX_VALUE_BYTES,
      (shared.get(groupOf(condition))?.get(text) ?? 0) + ownBytes,
    );
    return cut(condition, room, hasEnds);
  };
}

/** For each kind and name, the length of the longest beginning that a value has in common with another one. */
function sharedBeginnings(
  conditions: readonly Condition[],
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const groups = new Map<string, Map<string, number>>();
  for (const condition of conditions) {
    const group = groupOf(condition);
    const texts = groups.get(group) ?? new Map<string, number>();
    groups.set(group, texts.set(textOf(condition), 0));
  }
  for (const texts of groups.values()) {
    // Of all texts the neighbours in order begin most alike.
    const sorted = [...texts.keys()].sort();
    for (let i = 1; i < sorted.length; i++) {
      const [before, text] = [sorted[i - 1] ?? "", sorted[i] ?? ""];
      const length = commonLength(before, text);
      texts.set(before, Math.max(texts.get(before) ?? 0, length));
      texts.set(text, length);
    }
  }
  return groups;
}

function commonLength(a: string, b: string): number {
  const end = Math.min(a.length, b.length, MAX_VALUE_BYTES);
  let length = 0;
  while (length < end && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

function groupOf(condition: Condition): string {
  if (condition.kind === "host") return condition.isSuffix ? "host suffix" : "host";
  return "name" in condition ? `${condition.kind} ${condition.name}` : condition.kind;
}

/** Every part of a path that is no text stands for one character, which is not latin1. */
function textOf(condition: Condition): string {
  if (condition.kind !== "path") return condition.value;
  return condition.parts
    .map((part) => {
      if (part.kind === "literal") return part.value;
      return part.kind === "segment" ? "\u0100" : "\u0101";
    })
    .join("");
}

function cut(condition: Condition, room: number, hasEnds: boolean): Condition {
  switch (condition.kind) {
    case "method":
      return condition;
    case "start":
      // Nothing is heeded before the first byte has come, so that there must be one to satisfy it.
      return { ...condition, value: condition.value.slice(0, Math.max(1, room)) };
    case "path":
      return cutPath(condition, Math.max(1, room), hasEnds);
    case "host":
    case "header":
    case "cookie":
    case "query":
    case "content_type":
      return { ...condition, ...cutValue(condition.value, condition.end, room, hasEnds) };
  }
}

function cutValue(
  value: string,
  end: ValueEnd,
  room: number,
  hasEnds: boolean,
): { readonly value: string; readonly end: ValueEnd } {
  if (value.length > room) return { value: value.slice(0, room), end: "open" };
  return { value, end: hasEnds ? end : "open" };
}

function cutPath(
  { parts, end }: Condition & { kind: "path" },
  room: number,
  hasEnds: boolean,
): Condition {
  const kept: PathPart[] = [];
  let left = room;
  for (const part of parts) {
    const length = part.kind === "literal" ? part.value.length : 1;
    if (length <= left) kept.push(part);
    else if (part.kind === "literal" && left > 0)
      kept.push({ kind: "literal", value: part.value.slice(0, left) });
    if (length > left) return { kind: "path", parts: kept, end: "open" };
    left -= length;
  }
  return { kind: "path", parts: kept, end: hasEnds ? end : "open" };
}

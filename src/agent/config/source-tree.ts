import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { type Place, shown } from "./problems.ts";

/** Lists and mappings inside each other. */
export const MAX_DEPTH = 64;
/** Values in all, with what aliases repeat. */
const MAX_VALUES = 50_000;

/** What a value of the file is, as plain data. */
type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

/** A value, where it stands, and what it is made of. */
export interface Located {
  readonly value: Plain;
  readonly place: Place;
  /** Where its key stands; that of the value itself in a list. */
  readonly keyPlace: Place;
  readonly parts: ReadonlyMap<PropertyKey, Located> | undefined;
}

/** Where a node is, and how problems in it are told. */
interface Spot {
  readonly offset: number;
  readonly keyOffset: number | undefined;
  readonly path: readonly PropertyKey[];
}

export type TreeReport = (
  offset: number,
  path: readonly PropertyKey[],
  found: string,
  expected: string,
) => void;

const CONSTANTS: ReadonlyMap<string, Plain> = new Map([
  ["", null],
  ["~", null],
  ["null", null],
  ["true", true],
  ["false", false],
]);

/** What a scalar means: text, unless it is plain and one of a few words or a decimal number. */
function scalarValue(node: {
  readonly value: unknown;
  readonly type?: string;
  readonly tag?: string;
}): Plain {
  const text = String(node.value);
  if (node.type !== "PLAIN" || node.tag !== undefined) return text;
  const constant = CONSTANTS.get(text);
  if (constant !== undefined) return constant;
  if (!/^-?(0|[1-9]\d{0,15})(\.\d{1,16})?$/.test(text)) return text;
  const number = Number(text);
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : text;
}

/**
 * Makes plain data of composed YAML, following aliases. Everything that it reports makes the result worthless; it goes on
 * all the same, to find more.
 */
export function readTree(
  contents: Node | null,
  placeAt: (offset: number) => Place,
  report: TreeReport,
): Located {
  const anchors = new Map<string, Node>();
  /** What is being read: an alias of it would have no end. */
  const open = new Set<Node>();
  let values = 0;
  return read(contents, { offset: contents?.range?.[0] ?? 0, keyOffset: undefined, path: [] });

  function read(node: Node | null, spot: Spot): Located {
    const { offset, keyOffset, path } = spot;
    const place = placeAt(offset);
    const keyPlace = keyOffset === undefined ? place : placeAt(keyOffset);
    const leaf = (value: Plain): Located => ({ value, place, keyPlace, parts: undefined });
    if (++values > MAX_VALUES) {
      if (values === MAX_VALUES + 1)
        report(offset, [], "holds too much", `at most ${MAX_VALUES} values`);
      return leaf(null);
    }
    if (isAlias(node)) {
      const anchored = anchors.get(node.source);
      if (anchored !== undefined && !open.has(anchored) && path.length <= MAX_DEPTH)
        return read(anchored, spot);
      if (anchored === undefined)
        report(offset, path, `refers to ${shown(node.source)}`, "an anchor that is above it");
      else report(offset, path, "refers to what contains it", "an anchor that has ended");
      return leaf(null);
    }
    if (node !== null && "anchor" in node && typeof node.anchor === "string")
      anchors.set(node.anchor, node);
    if (!isSeq(node) && !isMap(node)) return leaf(isScalar(node) ? scalarValue(node) : null);
    open.add(node);
    const parts = isSeq(node) ? readItems(node, spot) : readPairs(node, spot);
    open.delete(node);
    const entries = [...parts].map(([key, { value }]) => [key, value] as const);
    const value = isSeq(node) ? entries.map(([, item]) => item) : mapping(entries);
    return { value, place, keyPlace, parts };
  }

  function readItems(list: YAMLSeq, { offset, path }: Spot): Map<PropertyKey, Located> {
    const parts = new Map<PropertyKey, Located>();
    for (const [index, item] of (list.items as Node[]).entries()) {
      if (values > MAX_VALUES) break;
      const at = item.range?.[0] ?? offset;
      parts.set(index, read(item, { offset: at, keyOffset: undefined, path: [...path, index] }));
    }
    return parts;
  }

  function readPairs(map: YAMLMap, { offset, path }: Spot): Map<PropertyKey, Located> {
    const parts = new Map<PropertyKey, Located>();
    for (const { key, value } of map.items as Pair<Node, Node | null>[]) {
      if (values > MAX_VALUES) break;
      const keyOffset = key.range?.[0] ?? offset;
      if (!isScalar(key)) {
        report(keyOffset, path, "has a key that is not a word", "a name and a colon");
        continue;
      }
      const name = String(key.value);
      const inside = [...path, name];
      const first = parts.get(name);
      if (first !== undefined)
        report(
          keyOffset,
          inside,
          `is given twice (first in line ${first.keyPlace.line})`,
          "each key once",
        );
      else
        parts.set(
          name,
          read(value, { offset: value?.range?.[0] ?? keyOffset, keyOffset, path: inside }),
        );
    }
    return parts;
  }
}

/** Without a prototype, so that a key such as `__proto__` is a key like any other. */
function mapping(entries: readonly (readonly [PropertyKey, Plain])[]): { [key: string]: Plain } {
  const result: { [key: string]: Plain } = Object.create(null);
  for (const [key, value] of entries) result[String(key)] = value;
  return result;
}

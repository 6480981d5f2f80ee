import { SCAN_CLASSES } from "../../model/kernel-rules.ts";
import type { ByteSet } from "./byte-set.ts";
import { FRAMING_SETS } from "./framing.ts";
import type { PatternGraph } from "./pattern-graph.ts";

/** Bytes that the automaton does not tell apart. */
export interface ByteClasses {
  readonly count: number;
  /** 256 entries: the class of each byte. */
  readonly classOf: Uint8Array;
  /** For each class one byte of it. */
  readonly sample: Uint8Array;
  /** The classes that have a byte in the set; they may have others, too, if there are more bytes to tell apart than classes. */
  classesOf(set: ByteSet): readonly number[];
  /** Whether exactly the bytes of the set are in its classes. */
  isExact(set: ByteSet): boolean;
}

/**
 * Divides all bytes into at most `SCAN_CLASSES` classes, so that those which delimit parts of a request are told apart, then those
 * that most edges of the graph need. Where the classes do not suffice, a pattern takes more bytes than it should, never fewer.
 */
export function createByteClasses(graph: PatternGraph): ByteClasses {
  const uses = new Map<string, { readonly set: ByteSet; edges: number }>();
  for (const { edges } of graph.nodes)
    for (const { set } of edges) {
      const use = uses.get(set.key);
      if (use === undefined) uses.set(set.key, { set, edges: 1 });
      else use.edges++;
    }
  const graphSets = [...uses.values()].sort((a, b) => b.edges - a.edges).map(({ set }) => set);

  const classOf = new Uint8Array(256);
  let count = 1;
  const exact = new Set<string>();
  const refine = (set: ByteSet) => {
    const refined = split(classOf, count, set);
    if (refined === undefined) return;
    exact.add(set.key);
    count = refined;
  };
  for (const set of FRAMING_SETS) refine(set);
  for (const set of graphSets) if (set.isDelimiter) refine(set);
  for (const set of graphSets) if (!set.isDelimiter) refine(set);

  const sample = new Uint8Array(count);
  for (let byte = 255; byte >= 0; byte--) sample[classOf[byte] as number] = byte;

  const known = new Map<string, readonly number[]>();
  return {
    count,
    classOf,
    sample,
    classesOf(set) {
      let classes = known.get(set.key);
      if (classes === undefined) {
        const found = new Set<number>();
        for (let byte = 0; byte < 256; byte++)
          if (set.members[byte] === 1) found.add(classOf[byte] as number);
        classes = [...found];
        known.set(set.key, classes);
      }
      return classes;
    },
    isExact: (set) => exact.has(set.key),
  };
}

/** Divides each class into what is in the set and what is not; returns how many there are then, or undefined: too many. */
function split(classOf: Uint8Array, count: number, { members }: ByteSet): number | undefined {
  const total = new Uint16Array(count);
  const inside = new Uint16Array(count);
  for (let byte = 0; byte < 256; byte++) {
    const old = classOf[byte] as number;
    total[old] = (total[old] as number) + 1;
    if (members[byte] === 1) inside[old] = (inside[old] as number) + 1;
  }
  const renamed = new Int16Array(count).fill(-1);
  let next = count;
  for (let old = 0; old < count; old++)
    if ((inside[old] as number) > 0 && (inside[old] as number) < (total[old] as number))
      renamed[old] = next++;
  if (next > SCAN_CLASSES) return undefined;
  for (let byte = 0; byte < 256; byte++) {
    const to = renamed[classOf[byte] as number] as number;
    if (members[byte] === 1 && to >= 0) classOf[byte] = to;
  }
  return next;
}

import { SCAN_CLASSES, SCAN_SETS, SCAN_STATES, ScanFlag } from "../../model/kernel-rules.ts";
import type { ByteClasses } from "./byte-classes.ts";
import { Frame, frameAfter } from "./framing.ts";
import type { FieldEffect, PatternGraph } from "./pattern-graph.ts";

/** Edges looked at before it is given up: some hundredths of a second. */
const MAX_WORK = 2_000_000;

/** The automaton without the rules' masks: `clauseSets[sets[state]]` are the clauses that a state satisfies. */
export interface Automaton {
  readonly states: number;
  readonly next: Uint16Array;
  readonly flags: Uint8Array;
  readonly sets: Uint8Array;
  readonly clauseSets: readonly (readonly number[])[];
}

interface State {
  readonly frame: number;
  /** A Content-Length field has come. */
  readonly hasLength: boolean;
  /** Nodes of the graph that the patterns have come to, those left out that lead nowhere. */
  readonly positions: readonly number[];
  readonly set: number;
}

const FLAGS = new Map<number, number>([
  [Frame.headEnd, ScanFlag.headEnd],
  [Frame.lengthDigit, ScanFlag.lengthDigit],
  [Frame.undecidable, ScanFlag.undecidable],
]);

/**
 * The subset construction, with the framing as one more component of each state. Returns undefined when the limits of the
 * scan's table do not suffice, or when it takes too long to find out.
 */
export function determinise(graph: PatternGraph, classes: ByteClasses): Automaton | undefined {
  const targets = targetsByClass(graph, classes);
  const { nodes } = graph;
  const states: State[] = [];
  const stateIds = new Map<string, number>();
  const clauseSets: (readonly number[])[] = [[]];
  const setIds = new Map<string, number>([["", 0]]);
  const next = new Uint16Array(SCAN_STATES * SCAN_CLASSES);
  let work = 0;

  const intern = (frame: number, hasLength: boolean, reached: readonly number[]) => {
    const set = internSet(reached.flatMap((node) => nodes[node]?.clauses ?? []));
    const isOver = frame === Frame.undecidable || frame === Frame.headEnd;
    const positions = isOver
      ? []
      : reached.filter((node) => (nodes[node]?.edges.length ?? 0) > 0).sort((a, b) => a - b);
    const key = `${frame},${hasLength && !isOver},${set},${positions.join()}`;
    let id = stateIds.get(key);
    if (id === undefined) {
      id = states.push({ frame, hasLength, positions, set }) - 1;
      stateIds.set(key, id);
    }
    return id;
  };
  const internSet = (clauses: readonly number[]) => {
    const sorted = [...new Set(clauses)].sort((a, b) => a - b);
    const key = sorted.join();
    let id = setIds.get(key);
    if (id === undefined) {
      id = clauseSets.push(sorted) - 1;
      setIds.set(key, id);
    }
    return id;
  };

  const reached = new Set<number>();
  const stepFrom = (state: State, byteClass: number) => {
    reached.clear();
    for (const position of state.positions) {
      const to = targets[position]?.[byteClass] ?? [];
      for (const node of to) reached.add(node);
      work += 1 + to.length;
    }
    const byte = classes.sample[byteClass] as number;
    const effect = state.frame === Frame.name ? effectOf(reached) : "none";
    const isSecond = effect === "length" && state.hasLength;
    const frame = isSecond ? Frame.undecidable : frameAfter(state.frame, byte, effect);
    // Once it is undecided nothing else matters, and there is one such state.
    if (frame === Frame.undecidable) return intern(frame, false, []);
    if (frame === Frame.targetStart) reached.add(graph.target);
    if (frame === Frame.lineStart) reached.add(graph.field);
    return intern(frame, state.hasLength || effect === "length", [...reached]);
  };
  const effectOf = (found: ReadonlySet<number>): FieldEffect => {
    let effect: FieldEffect = "none";
    for (const node of found) {
      const own = nodes[node]?.effect ?? "none";
      if (own !== "none" && effect !== "undecidable") effect = own;
    }
    return effect;
  };

  intern(Frame.method, false, [graph.start]);
  for (let id = 0; id < states.length; id++) {
    const state = states[id] as State;
    for (let byteClass = 0; byteClass < classes.count; byteClass++) {
      const to = stepFrom(state, byteClass);
      if (states.length > SCAN_STATES || clauseSets.length > SCAN_SETS || work > MAX_WORK)
        return undefined;
      next[id * SCAN_CLASSES + byteClass] = to;
    }
  }

  const flags = new Uint8Array(SCAN_STATES);
  const sets = new Uint8Array(SCAN_STATES);
  for (const [id, { frame, set }] of states.entries()) {
    flags[id] = FLAGS.get(frame) ?? 0;
    sets[id] = set;
  }
  return { states: states.length, next, flags, sets, clauseSets };
}

/** For each node and class where it leads to. */
function targetsByClass(
  graph: PatternGraph,
  classes: ByteClasses,
): readonly (readonly (readonly number[] | undefined)[])[] {
  return graph.nodes.map(({ edges }) => {
    const byClass: number[][] = [];
    for (const { set, to } of edges)
      for (const byteClass of classes.classesOf(set)) {
        const found = byClass[byteClass];
        if (found === undefined) byClass[byteClass] = [to];
        else if (!found.includes(to)) found.push(to);
      }
    return byClass;
  });
}

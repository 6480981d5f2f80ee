import type { Clause } from "./condition.ts";
import { drawCondition } from "./draw.ts";
import { createPatternGraph } from "./pattern-graph.ts";
import { createShorten, type Detail } from "./shorten.ts";

/** From the least to the most. */
const DETAILS: readonly Detail[] = [
  { ownBytes: 0, hasEnds: false },
  { ownBytes: 1, hasEnds: false },
  { ownBytes: 2, hasEnds: false },
  { ownBytes: 4, hasEnds: false },
  { ownBytes: 8, hasEnds: false },
  { ownBytes: 8, hasEnds: true },
  { ownBytes: 16, hasEnds: true },
  { ownBytes: 96, hasEnds: true },
];

/** Nodes of fields become two states each, so that a clause larger than this does not fit even by itself. */
const MAX_FORM_NODES = 448;

/** A clause in one detail. */
interface Form {
  readonly clause: Clause;
  /** How many nodes it has more than the least detailed one. */
  readonly extraNodes: number;
}

/** Gives of a clause the most detailed form that has at most so many extra nodes; undefined: it is too large in any. */
export type ChooseForm = (clause: Clause, maxExtraNodes: number) => Clause | undefined;

/** Prepares the forms of all clauses. */
export function createForms(clauses: readonly Clause[]): ChooseForm {
  const shorten = createShorten(clauses);
  const formsOf = (clause: Clause): readonly Form[] => {
    const forms: Form[] = [];
    let leastNodes: number | undefined;
    for (const detail of DETAILS) {
      const form = clause.map((condition) => shorten(condition, detail));
      const nodes = countNodes(form);
      if (nodes > MAX_FORM_NODES) break;
      leastNodes ??= nodes;
      forms.push({ clause: form, extraNodes: nodes - leastNodes });
    }
    return forms;
  };
  const known = new Map(clauses.map((clause) => [clause, formsOf(clause)]));
  return (clause, maxExtraNodes) =>
    known.get(clause)?.findLast(({ extraNodes }) => extraNodes <= maxExtraNodes)?.clause;
}

/** Those that the clause has by itself; counting ends where it is too large. */
export function countNodes(clause: Clause): number {
  const graph = createPatternGraph();
  for (const condition of clause) {
    drawCondition(graph, condition, 0);
    if (graph.nodes.length > MAX_FORM_NODES) break;
  }
  return graph.nodes.length;
}

import { SCAN_CLAUSES, SCAN_STATES } from "../../model/kernel-rules.ts";
import type { Rule } from "../../model/rule.ts";
import { type ByteClasses, createByteClasses } from "./byte-classes.ts";
import { clausesOf } from "./clauses.ts";
import { type Clause, clauseSelectivity } from "./condition.ts";
import { type Automaton, determinise } from "./determinise.ts";
import { drawCondition } from "./draw.ts";
import { countNodes, createForms } from "./forms.ts";
import { drawFramingFields } from "./framing.ts";
import { createPatternGraph, type PatternGraph } from "./pattern-graph.ts";

/** Nearly every node becomes a state, those of fields two: a graph larger than this is not worth the trial. */
const MAX_NODES = SCAN_STATES;

/** How many nodes of a clause's own its detail may cost, tried in this order: a large clause loses detail before a small one does. */
const EXTRA_NODES: readonly number[] = [448, 320, 224, 160, 96, 48, 32, 16, 12, 8, 4, 2, 1];

/** With all clauses of each rule, then with fewer, because clauses of hardly any detail tell less than one of some. */
const PLANS: readonly { readonly clauses: number; readonly leastExtraNodes: number }[] = [
  { clauses: SCAN_CLAUSES, leastExtraNodes: 4 },
  { clauses: 2, leastExtraNodes: 2 },
  { clauses: 1, leastExtraNodes: 1 },
];

/** What became of a clause of a rule. */
export interface FittedClause {
  /** As the rule implies it. */
  readonly clause: Clause;
  /** As the automaton has it, in less detail perhaps; undefined: it is left out, for one of the reasons. */
  readonly kept: Clause | undefined;
  readonly leftOut: "too_many" | "no_room" | undefined;
}

/** The clauses of all rules, and the automaton that has room for them. */
export interface Fit {
  /** Clause k of a rule is the k-th that is kept. */
  readonly rules: readonly (readonly FittedClause[])[];
  /** Clause k of rule r has the number `r * SCAN_CLAUSES + k`. */
  readonly automaton: Automaton;
  readonly classes: ByteClasses;
}

interface Candidate {
  readonly rule: number;
  readonly index: number;
  readonly clause: Clause;
}

interface Attempt {
  readonly automaton: Automaton;
  readonly classes: ByteClasses;
  readonly kept: ReadonlyMap<Clause, Clause>;
}

/** Finds the most of what the rules imply that the limits of the scan's table have room for. */
export function fitClauses(rules: readonly Rule[]): Fit {
  const clauses = rules.map((rule) => ranked(clausesOf(rule.match)));
  const candidates = clauses.flatMap((all, rule) =>
    all.slice(0, SCAN_CLAUSES).map((clause, index): Candidate => ({ rule, index, clause })),
  );
  // Every rule's best clause comes before any rule's second best.
  candidates.sort(
    (a, b) => a.index - b.index || clauseSelectivity(b.clause) - clauseSelectivity(a.clause),
  );
  const { automaton, classes, kept } = bestAttempt(candidates);
  return {
    automaton,
    classes,
    rules: clauses.map((all) => all.map((clause, index) => fitted(clause, index, kept))),
  };
}

function fitted(clause: Clause, index: number, kept: ReadonlyMap<Clause, Clause>): FittedClause {
  if (index >= SCAN_CLAUSES) return { clause, kept: undefined, leftOut: "too_many" };
  const own = kept.get(clause);
  return { clause, kept: own, leftOut: own === undefined ? "no_room" : undefined };
}

/** Without those that say the same, the most selective first. */
function ranked(clauses: readonly Clause[]): readonly Clause[] {
  const distinct = new Map(clauses.map((clause) => [JSON.stringify(clause), clause]));
  return [...distinct.values()]
    .map((clause) => ({ clause, score: clauseSelectivity(clause) }))
    .sort((a, b) => b.score - a.score)
    .map(({ clause }) => clause);
}

function bestAttempt(candidates: readonly Candidate[]): Attempt {
  const chooseForm = createForms(candidates.map(({ clause }) => clause));
  const formed = (chosen: readonly Candidate[], extraNodes: number): readonly Formed[] =>
    chosen.flatMap((candidate) => {
      const form = chooseForm(candidate.clause, extraNodes);
      return form === undefined ? [] : [{ ...candidate, form }];
    });
  for (const { clauses, leastExtraNodes } of PLANS) {
    const chosen = candidates.filter(({ index }) => index < clauses);
    for (const extraNodes of EXTRA_NODES) {
      if (extraNodes < leastExtraNodes) break;
      const attempt = attemptWith(formed(chosen, extraNodes));
      if (attempt !== undefined) return attempt;
    }
  }
  const best = candidates.filter(({ index }) => index === 0);
  return attemptWithSome(formed(best, 1));
}

interface Formed extends Candidate {
  readonly form: Clause;
}

/** Leaves the largest out, by halves. */
function attemptWithSome(candidates: readonly Formed[]): Attempt {
  const bySize = candidates
    .map((candidate) => ({ candidate, nodes: countNodes(candidate.form) }))
    .sort((a, b) => a.nodes - b.nodes)
    .map(({ candidate }) => candidate);
  let best = attemptWith([]);
  let fits = 0;
  let fails = bySize.length;
  while (fails - fits > 1) {
    const middle = (fits + fails) >> 1;
    const attempt = attemptWith(bySize.slice(0, middle));
    if (attempt === undefined) fails = middle;
    else {
      fits = middle;
      best = attempt;
    }
  }
  if (best === undefined) throw new Error("The framing alone does not fit.");
  return best;
}

function attemptWith(candidates: readonly Formed[]): Attempt | undefined {
  const graph = createPatternGraph();
  drawFramingFields(graph);
  const kept = new Map<Clause, Clause>();
  const numbers = new Map<number, number>();
  for (const { rule, clause, form } of candidates) {
    const number = numbers.get(rule) ?? rule * SCAN_CLAUSES;
    numbers.set(rule, number + 1);
    kept.set(clause, form);
    if (!drawClause(graph, form, number)) return undefined;
  }
  const classes = createByteClasses(graph);
  const automaton = determinise(graph, classes);
  return automaton === undefined ? undefined : { automaton, classes, kept };
}

function drawClause(graph: PatternGraph, clause: Clause, number: number): boolean {
  for (const condition of clause) {
    drawCondition(graph, condition, number);
    if (graph.nodes.length > MAX_NODES) return false;
  }
  return true;
}

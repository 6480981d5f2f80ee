import { SCAN_CLAUSES } from "../../model/kernel-rules.ts";
import type { Match, Rule, RuleSet } from "../../model/rule.ts";
import type { ByteClasses } from "./byte-classes.ts";
import { clausesOf } from "./clauses.ts";
import { kernelSample } from "./compile.ts";
import type { Clause } from "./condition.ts";
import { describeClause, describeMatch } from "./describe.ts";
import { describeOrigin } from "./describe-origin.ts";
import { drawCondition } from "./draw.ts";
import { type FittedClause, fitClauses } from "./fit.ts";
import { createPatternGraph } from "./pattern-graph.ts";

/** Which part of a rule is decided where, in words. */
export interface RuleExplanation {
  readonly rule: string;
  /** Connections that it looks at; the kernel decides this exactly. */
  readonly connections: readonly string[];
  /**
   * What the kernel looks for in each request: where one of these is missing it holds the request back, unless its head is one that
   * only user space can read.
   */
  readonly kernel: readonly string[];
  /** What the kernel could look for, and does not, and why. */
  readonly leftOut: readonly string[];
  /** What only user space decides. */
  readonly userSpace: readonly string[];
  /** What user space asks of every request that it gets: the whole of the rule, exactly. */
  readonly match: string;
  readonly sample: string;
}

/** Explains every rule by what `compileKernelRules` makes of the set. */
export function explainRules(set: RuleSet): readonly RuleExplanation[] {
  const { rules, classes } = fitClauses(set.rules);
  return set.rules.map((rule, i) => explain(rule, rules[i] ?? [], classes));
}

function explain(
  rule: Rule,
  clauses: readonly FittedClause[],
  classes: ByteClasses,
): RuleExplanation {
  return {
    rule: rule.name,
    connections: describeOrigin(rule.from),
    kernel: clauses.flatMap(({ kept }) => (kept === undefined ? [] : [keptText(kept, classes)])),
    leftOut: clauses.flatMap(leftOutText),
    userSpace: [...uncovered(rule.match, clauses).map(describeMatch), ...limits(rule)],
    match: describeMatch(rule.match),
    sample: sampleText(rule),
  };
}

function keptText(clause: Clause, classes: ByteClasses): string {
  const graph = createPatternGraph();
  for (const condition of clause) drawCondition(graph, condition, 0);
  const isExact = graph.nodes.every(({ edges }) => edges.every(({ set }) => classes.isExact(set)));
  const text = describeClause(clause);
  return isExact ? text : `${text} (some characters are not told apart)`;
}

function leftOutText({ clause, leftOut }: FittedClause): readonly string[] {
  if (leftOut === undefined) return [];
  const reason =
    leftOut === "too_many"
      ? `the kernel looks for ${SCAN_CLAUSES} conditions of a rule at most`
      : "the kernel's table has no room for it";
  return [`${describeClause(clause)}: ${reason}`];
}

/** Parts that must all hold and of which the kernel knows nothing. */
function uncovered(match: Match, clauses: readonly FittedClause[]): readonly Match[] {
  const known = new Set(
    clauses.filter(({ kept }) => kept !== undefined).map(({ clause }) => JSON.stringify(clause)),
  );
  return partsOf(match).filter(
    (part) => !clausesOf(part).some((clause) => known.has(JSON.stringify(clause))),
  );
}

function partsOf(match: Match): readonly Match[] {
  return match.kind === "all" ? match.of.flatMap(partsOf) : [match];
}

function limits({ methods, budget, count }: Rule): readonly string[] {
  const texts: string[] = [];
  if (methods !== "all") texts.push(`only ${methods.join(", ")} mirrored, others held back`);
  const add = (limit: number | undefined, text: string) => {
    if (limit !== undefined) texts.push(`at most ${limit} ${text}`);
  };
  add(budget.requestsPerSecond, "requests per second");
  add(budget.bytesPerSecond, "bytes per second");
  add(budget.inFlight, "requests in flight");
  add(count, "requests delivered");
  return texts;
}

function sampleText(rule: Rule): string {
  const { share, sampleBy } = rule;
  const percent = `${Number((share * 100).toFixed(6))} %`;
  if (kernelSample(rule).by === "none") {
    const name = "name" in sampleBy ? ` ${sampleBy.name}` : "";
    return `${percent} by ${sampleBy.kind}${name}, drawn in user space, because the kernel does not read its value`;
  }
  if (share >= 1) return "100 %, nothing is drawn";
  return sampleBy.kind === "request"
    ? `${percent} of requests, drawn in the kernel where it can tell the request's end, else in user space`
    : `${percent} by ${sampleBy.kind}, drawn in the kernel`;
}

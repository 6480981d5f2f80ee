import {
  type KernelRules,
  type KernelSample,
  SCAN_CLAUSES,
  SCAN_SETS,
  type ScanTable,
} from "../../model/kernel-rules.ts";
import { MAX_RULES, type Rule, type RuleSet } from "../../model/rule.ts";
import { thresholdOf } from "../../model/sample.ts";
import { compileConnections } from "./connections.ts";
import { type Fit, fitClauses } from "./fit.ts";

/** Derives what the kernel needs of a rule set: connections exactly, requests by conditions that are necessary. */
export function compileKernelRules(set: RuleSet): KernelRules {
  const { rules } = set;
  if (rules.length > MAX_RULES) throw new RangeError(`${rules.length} rules.`);
  return {
    generation: set.generation,
    ...compileConnections(rules),
    samples: rules.map(kernelSample),
    scan: scanTable(fitClauses(rules)),
  };
}

/** A cohort that is read out of the request is drawn in user space, which knows fields and decodes them. */
export function kernelSample({ share, sampleBy }: Rule): KernelSample {
  switch (sampleBy.kind) {
    case "request":
    case "connection":
    case "client":
      return { by: sampleBy.kind, threshold: thresholdOf(share) };
    case "header":
    case "cookie":
    case "query":
      return { by: "none", threshold: thresholdOf(1) };
  }
}

function scanTable({ rules, automaton, classes }: Fit): ScanTable {
  const without = new BigUint64Array(SCAN_CLAUSES);
  for (const [rule, clauses] of rules.entries()) {
    const count = clauses.filter(({ kept }) => kept !== undefined).length;
    for (let k = count; k < SCAN_CLAUSES; k++) without[k] = at(without, k) | bitOf(rule);
  }
  const satisfied = new BigUint64Array(SCAN_SETS * SCAN_CLAUSES);
  for (const [set, clauses] of automaton.clauseSets.entries())
    for (const clause of clauses) {
      const slot = set * SCAN_CLAUSES + (clause % SCAN_CLAUSES);
      satisfied[slot] = at(satisfied, slot) | bitOf(Math.floor(clause / SCAN_CLAUSES));
    }
  const { next, flags, sets } = automaton;
  return { classes: classes.classOf, next, flags, sets, satisfied, without };
}

function bitOf(rule: number): bigint {
  return 1n << BigInt(rule);
}

function at(masks: BigUint64Array, index: number): bigint {
  return masks[index] ?? 0n;
}

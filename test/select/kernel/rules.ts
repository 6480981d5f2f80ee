import type { Match, Origin, Rule, RuleSet } from "../../../src/model/rule.ts";
import { rule, ruleSet } from "../rules.ts";

/** A rule that takes everything but for what is given. */
export function ruleWith({ name = "rule", ...given }: Partial<Rule> = {}): Rule {
  return rule(name, given);
}

/** Every connection to port 80. */
export const ANY_ORIGIN: Origin = ruleWith().from;

export function setOf(...rules: readonly Rule[]): RuleSet {
  return ruleSet(rules, 7, "all");
}

/** One rule for each match. */
export function setOfMatches(...matches: readonly Match[]): RuleSet {
  return setOf(...matches.map((match) => ruleWith({ match })));
}

export const ascii = (text: string) => Buffer.from(text, "latin1");

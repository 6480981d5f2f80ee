import {
  OUTPUT_REDACTION,
  type RedactionPolicy,
  type RedactionSummary,
  type Redactor,
} from "../model/redaction.ts";
import type { Rule } from "../model/rule.ts";
import { policyHash } from "../redact/policy/hash.ts";
import { createRedactor } from "../redact/redactor.ts";

/** What stands between a rule's requests and every output. */
interface RuleRedactors {
  /** For copies. */
  readonly copies: Redactor;
  /** For lines and tables, which show no less redacted than copies, and never less than `standard`. */
  readonly lines: Redactor;
}

/** The compiled policies of rules; equal ones are compiled once. */
export interface Redactors {
  of(rule: Rule): RuleRedactors;
  /** Another key: what is made from now on has other stand-ins. */
  useKey(key: Uint8Array): void;
}

/** Policies of rules that went with a reload are compiled again should they come back: what each remembers takes megabytes. */
const MAX_POLICIES = 64;

/** What summary, status and audit trail say of a policy. */
export function redactionSummary(policy: RedactionPolicy): RedactionSummary {
  return { preset: policy.preset, policyHash: policyHash(policy) };
}

/** The policy of what is printed about the requests of a rule with this one. */
function outputPolicy(policy: RedactionPolicy): RedactionPolicy {
  return { ...policy, preset: policy.preset === "strict" ? "strict" : OUTPUT_REDACTION.preset };
}

export function createRedactors(startKey: Uint8Array): Redactors {
  let key = startKey;
  let byRule = new WeakMap<Rule, RuleRedactors>();
  let byPolicy = new Map<string, Redactor>();

  const compiled = (policy: RedactionPolicy): Redactor => {
    const text = JSON.stringify(policy);
    const known = byPolicy.get(text);
    if (known !== undefined) return known;
    const made = createRedactor(policy, key);
    if (byPolicy.size === MAX_POLICIES) byPolicy.clear();
    byPolicy.set(text, made);
    return made;
  };

  return {
    of(rule) {
      const known = byRule.get(rule);
      if (known !== undefined) return known;
      const made = { copies: compiled(rule.redact), lines: compiled(outputPolicy(rule.redact)) };
      byRule.set(rule, made);
      return made;
    },
    useKey(next) {
      key = next;
      byRule = new WeakMap();
      byPolicy = new Map();
    },
  };
}

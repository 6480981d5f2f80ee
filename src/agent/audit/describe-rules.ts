import type { AuditRules } from "../../model/audit.ts";
import type { Match, ValueTest } from "../../model/rule.ts";
import type { RuleSpec, RunConfig } from "../../model/run-config.ts";
import type { Target } from "../../model/target.ts";
import { SENSITIVE_HEADERS } from "../../redact/head/sensitive-names.ts";
import { policyHash } from "../../redact/policy/hash.ts";
import { sha256 } from "./chain.ts";

const LEFT_OUT = "[left out]";

/** What a configuration makes of a run, without what a reader of the trail has no need to know. */
export function describeRules(config: RunConfig): AuditRules {
  const text = JSON.stringify({ ...config, rules: config.rules.map(publicRule) });
  const targets = new Map(
    config.rules.flatMap((rule) => rule.targets.map((target) => [target.name, target] as const)),
  );
  return {
    rules: { text, sha256: sha256(text) },
    policies: config.rules.map(({ name, redact }) => ({ rule: name, policy: policyHash(redact) })),
    targets: [...targets.values()].map((target) => ({ name: target.name, url: urlOf(target) })),
  };
}

function urlOf({ tls, authority, pathPrefix }: Target): string {
  return `${tls ? "https" : "http"}://${authority}${pathPrefix}`;
}

function publicRule(rule: RuleSpec): RuleSpec {
  return { ...rule, match: publicMatch(rule.match), targets: rule.targets.map(publicTarget) };
}

function publicTarget(target: Target): Target {
  const { setHeaders, ca } = target.options;
  return {
    ...target,
    options: {
      ...target.options,
      setHeaders: setHeaders.map(([name]) => [name, LEFT_OUT]),
      // Certificates are no secret, but long.
      ca: ca === undefined ? undefined : `sha256:${sha256(ca)}`,
    },
  };
}

/** A condition on a credential or on a cookie holds one. */
function publicMatch(match: Match): Match {
  switch (match.kind) {
    case "all":
    case "any":
      return { ...match, of: match.of.map(publicMatch) };
    case "not":
      return { ...match, of: publicMatch(match.of) };
    case "cookie":
      return { ...match, test: hidden(match.test) };
    case "header":
      return SENSITIVE_HEADERS.has(match.name.toLowerCase())
        ? { ...match, test: hidden(match.test) }
        : match;
    default:
      return match;
  }
}

function hidden(test: ValueTest): ValueTest {
  return "value" in test ? { ...test, value: LEFT_OUT } : test;
}

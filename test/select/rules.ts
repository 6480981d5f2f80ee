import { NO_REDACTION } from "../../src/model/redaction.ts";
import { MATCH_ALL, type Match, type Rule, type RuleSet } from "../../src/model/rule.ts";

/** A rule for everything, with what differs. */
export function rule(name: string, members: Partial<Rule> = {}): Rule {
  return {
    name,
    from: {
      ports: [{ first: 80, last: 80 }],
      local: [],
      exceptLocal: [],
      remote: [],
      exceptRemote: [],
      uids: [],
      cgroups: [],
    },
    match: MATCH_ALL,
    methods: "all",
    share: 1,
    sampleBy: { kind: "request" },
    budget: { requestsPerSecond: undefined, bytesPerSecond: undefined, inFlight: undefined },
    count: undefined,
    redact: NO_REDACTION,
    targets: [0],
    ...members,
  };
}

export function ruleSet(
  rules: readonly Rule[],
  generation = 1,
  matching: RuleSet["matching"] = "first",
): RuleSet {
  return { generation, matching, rules };
}

export function exactPath(value: string): Match {
  return { kind: "path", test: { kind: "exact", value } };
}

import { NO_REDACTION } from "../../src/model/redaction.ts";
import { MATCH_ALL, type Origin, type Rule, type RuleSet } from "../../src/model/rule.ts";

/** A rule for one port, with everything else left open unless told. */
export function rule(
  port: number,
  parts: Partial<Rule> & { readonly origin?: Partial<Origin> } = {},
): Rule {
  const { origin, ...rest } = parts;
  return {
    name: "test",
    from: {
      ports: [{ first: port, last: port }],
      local: [],
      exceptLocal: [],
      remote: [],
      exceptRemote: [],
      uids: [],
      cgroups: [],
      ...origin,
    },
    match: MATCH_ALL,
    methods: "all",
    share: 1,
    sampleBy: { kind: "request" },
    budget: { requestsPerSecond: undefined, bytesPerSecond: undefined, inFlight: undefined },
    count: undefined,
    redact: NO_REDACTION,
    targets: [0],
    ...rest,
  };
}

export function ruleSet(rules: readonly Rule[], generation = 1): RuleSet {
  return { generation, matching: "first", rules };
}

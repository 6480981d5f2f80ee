import { NO_REDACTION } from "../../../src/model/redaction.ts";
import {
  MATCH_ALL,
  type Match,
  type Origin,
  type Rule,
  type RuleSet,
} from "../../../src/model/rule.ts";

/** Every connection to port 80. */
export const ANY_ORIGIN: Origin = {
  ports: [{ first: 80, last: 80 }],
  local: [],
  exceptLocal: [],
  remote: [],
  exceptRemote: [],
  uids: [],
  cgroups: [],
};

/** A rule that takes everything but for what is given. */
export function ruleWith(given: Partial<Rule> = {}): Rule {
  return {
    name: "rule",
    from: ANY_ORIGIN,
    match: MATCH_ALL,
    methods: "all",
    share: 1,
    sampleBy: { kind: "request" },
    budget: { requestsPerSecond: undefined, bytesPerSecond: undefined, inFlight: undefined },
    count: undefined,
    redact: NO_REDACTION,
    targets: [0],
    ...given,
  };
}

export function setOf(...rules: readonly Rule[]): RuleSet {
  return { generation: 7, matching: "all", rules };
}

/** One rule for each match. */
export function setOfMatches(...matches: readonly Match[]): RuleSet {
  return setOf(...matches.map((match) => ruleWith({ match })));
}

export const ascii = (text: string) => Buffer.from(text, "latin1");

import type { PlanTally } from "../../model/plan.ts";
import { OUTPUT_REDACTION, type RedactionPolicy, type Redactor } from "../../model/redaction.ts";
import type { Rule } from "../../model/rule.ts";

/** Stands at the end of a path that was cut. */
const CUT = "\u2026";

/** What is printed of requests that several rules may have matched: as `standard`, and by the rules of all of them. */
export function printedPolicy(rules: readonly Pick<Rule, "redact">[]): RedactionPolicy {
  return {
    ...OUTPUT_REDACTION,
    rules: rules.flatMap(({ redact }) => redact.rules),
    detectors: [...new Set(rules.flatMap(({ redact }) => redact.detectors))],
  };
}

/** Endpoints as they may be printed: their paths hold nothing that `redactor` finds. */
export function withRedactedPaths(tally: PlanTally, redactor: Pick<Redactor, "path">): PlanTally {
  const endpoints = tally.endpoints.map((one) => ({
    ...one,
    endpoint: redactedEndpoint(one.endpoint, redactor),
  }));
  return { ...tally, endpoints };
}

/** `GET /users/{n}`: the method, a blank, the path. */
function redactedEndpoint(endpoint: string, redactor: Pick<Redactor, "path">): string {
  const blank = endpoint.indexOf(" ");
  const isCut = endpoint.endsWith(CUT);
  const bytes = Buffer.from(endpoint.slice(blank + 1, isCut ? -1 : undefined), "latin1");
  const method = endpoint.slice(0, blank);
  const path = redactor.path({ method, bytes, targetStart: 0, targetEnd: bytes.length });
  return `${method} ${path}${isCut ? CUT : ""}`;
}

import type { Counters } from "../capture/counters.ts";
import type { Listener } from "../capture/listeners.ts";
import type { ResolvedScope } from "../capture/scope.ts";
import type { RedactionPolicy } from "../model/redaction.ts";
import type { Rule, RuleSet } from "../model/rule.ts";
import { formatPercent } from "../report/quantity.ts";
import { matchText } from "./match-text.ts";
import { redactionSummary } from "./redactors.ts";
import { portsText } from "./rule-set.ts";

/** What to say, once per server, about traffic that cannot be mirrored. */
export function noticeText(notice: string, server: string): string {
  switch (notice) {
    case "tls":
      return `${server} speaks TLS, which cannot be read: capture the plain-text port behind whatever ends TLS.`;
    case "http2_preface":
      return `${server} speaks HTTP/2, which is not mirrored: only HTTP/1.0 and HTTP/1.1 are.`;
    case "upgraded":
      return `${server} has connections that changed to another protocol (WebSocket): they are counted, not mirrored.`;
    default:
      return `${server}: ${notice}.`;
  }
}

/** `0.0.0.0:8080 nginx (pid 812)`, IPv6 in brackets. */
export function listenerText({ address, port, owner }: Listener): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `${host}:${port}${owner ? ` ${owner}` : ""}`;
}

/** What a rule selects and at what share, in one line: `10 % of GET, HEAD, OPTIONS path /api/*`. */
export function ruleText(rule: Rule): string {
  const methods = rule.methods === "all" ? "all methods" : rule.methods.join(", ");
  const share = rule.share === 1 ? "" : `${formatPercent(rule.share)} of `;
  const match = isAll(rule) ? "" : `, ${matchText(rule.match)}`;
  return `${share}${methods}${match}`;
}

function isAll({ match }: Rule): boolean {
  return match.kind === "all" && match.of.length === 0;
}

/** What is taken out of copies, in a few words; a run in which nothing is says which flag would. */
function redactionText(policy: RedactionPolicy): string {
  const { preset, rules, detectors } = policy;
  if (preset === "off" && rules.length === 0 && detectors.length === 0)
    return "nothing is redacted (--redact)";
  const more = [
    ...(rules.length === 0 ? [] : [rules.length === 1 ? "1 rule" : `${rules.length} rules`]),
    ...detectors,
  ];
  const words = [...(preset === "off" ? [] : [preset]), ...more].join(", ");
  return `redacted by ${words} (policy ${redactionSummary(policy).policyHash})`;
}

/** The start-up lines: where traffic is taken from, and why there; what is sent where. */
export function startText(
  set: RuleSet,
  targetNames: readonly string[],
  scope: ResolvedScope,
  attachments: readonly string[],
  reason: string,
  listeners: readonly Listener[],
): string[] {
  const ports = portsText(set.rules);
  return [
    `Capturing port ${ports} of ${scope.description} by ${attachments.join(", ")} (${reason}).`,
    listeners.length > 0
      ? `Listening there: ${listeners.map(listenerText).join(", ")}.`
      : `Nothing listens on port ${ports} of ${scope.description} yet.`,
    ...set.rules.map((rule) => {
      const name = set.rules.length === 1 ? "" : `Rule ${rule.name}: `;
      const to = rule.targets.map((index) => targetNames[index] ?? "").join(", ");
      return `${name}Mirroring ${ruleText(rule)} to ${to}; ${redactionText(rule.redact)}.`;
    }),
  ];
}

/** Why nothing has been captured for a while: the likely reasons, most likely first. */
export function quietText(
  seconds: number,
  counters: Counters,
  listeners: readonly Listener[],
  set: RuleSet,
  scope: ResolvedScope,
): string {
  const ports = portsText(set.rules);
  const reasons: string[] = [];
  if (listeners.length === 0)
    reasons.push(`nothing listens on port ${ports} of ${scope.description}`);
  if (counters.out_of_scope.records > 0)
    reasons.push(
      `${counters.out_of_scope.records} segments for that port belonged to other namespaces (see --netns, --container, --all-namespaces)`,
    );
  if (counters.not_selected.records > 0)
    reasons.push(`${counters.not_selected.records} segments came that no rule selects`);
  if (counters.target.records > 0) reasons.push("what came was for a shadow target itself");
  if (reasons.length === 0)
    reasons.push(
      "no client sends anything",
      "the service is reached at another port (a proxy, a port mapping) or in another namespace",
    );
  return `No traffic for ${seconds} s. Likely: ${reasons.join("; or ")}.`;
}

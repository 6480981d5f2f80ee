import type { Rule } from "../../model/rule.ts";
import type { OriginSpec, RuleSpec, RunConfig } from "../../model/run-config.ts";
import { explainRules, type RuleExplanation } from "../../select/kernel/explain.ts";
import { guardLines, redactionLines, refusalLines } from "./explain-redaction.ts";

/** Owners by the names that they were given: what they are on this machine makes no difference here. */
function owners({ users, cgroups, containers, pids, executables }: OriginSpec): string[] {
  const line = (what: string, names: readonly (string | number)[]) =>
    names.length === 0 ? [] : [`${what} ${names.join(", ")}`];
  return [
    ...line("owned by user", users),
    ...line("in cgroup", cgroups),
    ...line("in container", containers),
    ...line("of process", pids),
    ...line("of executable", executables),
  ];
}

function ruleOf(spec: RuleSpec): Rule {
  const { name, from, match, methods, share, sampleBy, budget, count } = spec;
  const { ports, local, exceptLocal, remote, exceptRemote } = from;
  const connections = { ports, local, exceptLocal, remote, exceptRemote, uids: [], cgroups: [] };
  const { redact } = spec;
  return {
    name,
    from: connections,
    match,
    methods,
    share,
    sampleBy,
    budget,
    count,
    redact,
    targets: [],
  };
}

function section(title: string, lines: readonly string[], none: string): string {
  const [first = none, ...rest] = lines;
  const indent = " ".repeat(15);
  return [`  ${title.padEnd(13)}${first}`, ...rest.map((line) => indent + line)].join("\n");
}

function rampLine({ ramp }: RuleSpec): string[] {
  if (ramp === undefined) return [];
  const percent = (share: number) => `${Number((share * 100).toFixed(6))} %`;
  return [
    `rising from ${percent(ramp.from)} to ${percent(ramp.to)} in ${ramp.steps} steps over ${ramp.overMs / 1000} s`,
  ];
}

function ruleText(spec: RuleSpec, explained: RuleExplanation): string {
  const targets = spec.targets.map(({ name }) => name);
  const refused = refusalLines(spec.redact);
  return [
    spec.name,
    section("connections", [...explained.connections, ...owners(spec.from)], "all"),
    section("kernel", explained.kernel, "lets every request of these connections through"),
    ...(explained.leftOut.length === 0 ? [] : [section("not there", explained.leftOut, "")]),
    section("user space", [`exactly: ${explained.match}`, ...explained.userSpace], ""),
    section("share", [explained.sample, ...rampLine(spec)], ""),
    section("redaction", redactionLines(spec), ""),
    ...(refused.length === 0 ? [] : [section("not sent", refused, "")]),
    section("to", targets, "nowhere"),
  ].join("\n");
}

/** Which part of each rule the kernel decides, which user space, and what becomes of copies: what `--explain` prints. */
export function explainConfig(config: RunConfig): string {
  const { matching, rules } = config;
  const explained = explainRules({ generation: 1, matching, rules: rules.map(ruleOf) });
  const texts = explained.flatMap((one, index) => {
    const spec = rules[index];
    return spec === undefined ? [] : [ruleText(spec, one)];
  });
  const which = matching === "first" ? "the first" : "every one";
  const order =
    rules.length < 2 ? [] : [`A request belongs to ${which} of these rules that matches.`];
  const sentences = [...order, ...guardLines(config)];
  return [...texts, ...(sentences.length === 0 ? [] : [sentences.join("\n")])]
    .map((part) => `${part}\n`)
    .join("\n");
}

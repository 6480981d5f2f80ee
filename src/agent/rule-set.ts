import type { Budget, PortRange, Rule, RuleSet } from "../model/rule.ts";
import type { RunConfig } from "../model/run-config.ts";
import { resolveOrigin } from "./resolve-origin.ts";
import type { TargetRegistry } from "./target-registry.ts";

/** The rules of a configuration on this machine: names of users, cgroups and processes become what the kernel knows. */
export function buildRuleSet(
  config: RunConfig,
  generation: number,
  registry: TargetRegistry,
  shareOf: (rule: string, share: number) => number = (_rule, share) => share,
): RuleSet {
  const rules = config.rules.map(
    (spec): Rule => ({
      name: spec.name,
      from: resolveOrigin(spec.name, spec.from, config.capture),
      match: spec.match,
      methods: spec.methods,
      share: shareOf(spec.name, spec.ramp === undefined ? spec.share : spec.ramp.from),
      sampleBy: spec.sampleBy,
      budget: spec.budget,
      count: spec.count,
      redact: spec.redact,
      targets: spec.targets.map(registry.indexOf),
    }),
  );
  return { generation, matching: config.matching, rules };
}

/** Budgets are for all payload processes together, which get about the same number of connections each. */
export function shareOfWorker(set: RuleSet, workers: number): RuleSet {
  if (workers === 1) return set;
  return {
    ...set,
    rules: set.rules.map((rule) => ({ ...rule, budget: budgetOfWorker(rule.budget, workers) })),
  };
}

export function budgetOfWorker(budget: Budget, workers: number): Budget {
  const { requestsPerSecond, bytesPerSecond, inFlight } = budget;
  return {
    requestsPerSecond: requestsPerSecond === undefined ? undefined : requestsPerSecond / workers,
    bytesPerSecond: bytesPerSecond === undefined ? undefined : bytesPerSecond / workers,
    inFlight: inFlight === undefined ? undefined : Math.max(1, Math.floor(inFlight / workers)),
  };
}

/** Every port that some rule captures. */
export function portsOf(
  rules: readonly { readonly from: { readonly ports: readonly PortRange[] } }[],
) {
  const ports = new Set<number>();
  for (const { from } of rules)
    for (const { first, last } of from.ports)
      for (let port = first; port <= last; port++) ports.add(port);
  return ports as ReadonlySet<number>;
}

/** Ports as they are written: 80, 8000-8010. */
export function portsText(
  rules: readonly { readonly from: { readonly ports: readonly PortRange[] } }[],
): string {
  const ranges = rules.flatMap(({ from }) => from.ports);
  const texts = ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  return [...new Set(texts)].join(", ");
}

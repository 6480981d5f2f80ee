import type { Capture } from "../capture/capture.ts";
import type { ResolvedScope } from "../capture/scope.ts";
import { ShadowtapError } from "../model/errors.ts";
import type { RuleSet } from "../model/rule.ts";
import type { RunConfig } from "../model/run-config.ts";
import type { Target } from "../model/target.ts";
import { type AddressPolicy, addressRefusal, refuseTargetOutside } from "./address-guard.ts";
import type { TargetState } from "./messages.ts";
import type { PayloadPool } from "./payload-pool.ts";
import { portsOf } from "./rule-set.ts";
import {
  isCapturable,
  liveAddresses,
  reachTarget,
  refuseLiveTarget,
  resolveTarget,
} from "./target-check.ts";
import type { TargetRegistry } from "./target-registry.ts";

/** The targets of a run: who may be one, and what an operator does with them. */
export interface LiveTargets {
  /**
   * Throws when a target of the rules is the live service, may not be sent to, or cannot be reached; leaves those that may be
   * out of the capture. `config` is what the set was made of.
   */
  check(set: RuleSet, config: RunConfig): Promise<void>;
  /** A target's name has these addresses now; returns those that copies may go to, which are out of the capture. */
  admit(index: number, addresses: readonly string[]): readonly string[];
  /** Throws ST_RUN_UNKNOWN for a target there is none of. */
  pause(name: string, paused: boolean): string;
  noteState(index: number, state: TargetState): void;
  /** By name. */
  readonly breakers: ReadonlyMap<string, TargetState>;
  readonly paused: ReadonlySet<string>;
}

export function createLiveTargets(
  capture: Pick<Capture, "addTarget">,
  scope: ResolvedScope,
  registry: TargetRegistry,
  tell: PayloadPool["tell"],
  say: (line: string) => void,
): LiveTargets {
  const breakers = new Map<string, TargetState>();
  const paused = new Set<string>();
  const checked = new Set<number>();
  /** By index. */
  const policies = new Map<number, AddressPolicy>();
  /** What was last said of a target's addresses, by index. */
  const refusals = new Map<number, string>();
  let ports: ReadonlySet<number> = new Set();

  const excludeTarget = (target: Target, addresses: readonly string[]) => {
    for (const address of addresses)
      if (isCapturable(address, target.port, scope, ports)) capture.addTarget(address, target.port);
  };
  const mayBeSentTo = (index: number, target: Target, addresses: readonly string[]) => {
    const policy = policies.get(index);
    if (policy === undefined) return [];
    try {
      const live = liveAddresses(addresses, target.port, scope, ports);
      return addresses.filter(
        (address) =>
          !live.includes(address) && addressRefusal(target.host, address, policy) === undefined,
      );
    } catch {
      // The captured namespace is gone: what its addresses are cannot be told.
      return [];
    }
  };
  const sayRefusal = (
    index: number,
    { name }: Target,
    refused: readonly string[],
    left: number,
  ) => {
    const line = refusalText(name, [...refused].sort(), left);
    const before = refusals.get(index) ?? "";
    refusals.set(index, line);
    if (line !== before)
      say(line === "" ? `Target ${name}: all its addresses may be sent to again.` : line);
  };
  return {
    breakers,
    paused,
    async check(set, config) {
      const wanted = [...new Set(set.rules.flatMap(({ targets }) => targets))];
      const all = new Set([...ports, ...portsOf(set.rules)]);
      const found = await Promise.all(
        wanted.map(async (index) => {
          const target = registry.targets[index];
          if (target === undefined) throw new Error(`there is no target ${index}`);
          return { index, ...(await resolveTarget(target)) };
        }),
      );
      const wantedPolicies = policiesOf(set, config);
      for (const one of found) {
        refuseLiveTarget(one, scope, all);
        const policy = wantedPolicies.get(one.index);
        if (policy !== undefined) refuseTargetOutside(one, policy);
      }
      // What was reached before is being sent to: its breaker knows better how it is.
      await Promise.all(
        found.filter(({ index }) => !checked.has(index)).map((one) => reachTarget(one)),
      );
      ports = all;
      for (const [index, policy] of wantedPolicies) policies.set(index, policy);
      for (const { index, target, addresses } of found) {
        checked.add(index);
        excludeTarget(target, addresses);
      }
    },
    admit(index, addresses) {
      const target = registry.targets[index];
      if (target === undefined) return [];
      const admitted = mayBeSentTo(index, target, addresses);
      const refused = addresses.filter((address) => !admitted.includes(address));
      sayRefusal(index, target, refused, admitted.length);
      excludeTarget(target, admitted);
      return admitted;
    },
    pause(name, wanted) {
      const indices = [...registry.active()].filter(([, target]) => target.name === name);
      if (indices.length === 0) {
        const known = new Set([...registry.active().values()].map((target) => target.name));
        throw new ShadowtapError("ST_RUN_UNKNOWN", `There is no target ${name}.`, [
          `The targets are ${[...known].join(", ")}.`,
        ]);
      }
      for (const [index] of indices) tell({ kind: "pause", target: index, paused: wanted });
      if (wanted) paused.add(name);
      else paused.delete(name);
      return wanted ? `Target ${name} is paused.` : `Target ${name} is sent to again.`;
    },
    noteState(index, state) {
      const target = registry.targets[index];
      if (target !== undefined) breakers.set(target.name, state);
    },
  };
}

/** By index of the target: it may be sent to where every rule that names it allows it. */
function policiesOf(set: RuleSet, { rules, guard }: RunConfig): Map<number, AddressPolicy> {
  const policies = new Map<number, AddressPolicy>();
  for (const [at, { targets }] of set.rules.entries()) {
    const chosen = rules[at]?.choseRedaction ?? false;
    for (const index of targets) {
      const choseRedaction = chosen && (policies.get(index)?.choseRedaction ?? true);
      policies.set(index, { allowTargets: guard.allowTargets, choseRedaction });
    }
  }
  return policies;
}

/** Empty when nothing is refused. */
function refusalText(name: string, refused: readonly string[], left: number): string {
  if (refused.length === 0) return "";
  const what = `Target ${name} has moved to ${refused.join(", ")}, where copies may not go`;
  return left > 0 ? `${what}: only its other addresses are used.` : `${what}: none is sent to it.`;
}

import type { Capture } from "../capture/capture.ts";
import type { ResolvedScope } from "../capture/scope.ts";
import { ShadowtapError } from "../model/errors.ts";
import type { RuleSet } from "../model/rule.ts";
import type { Target } from "../model/target.ts";
import type { TargetState } from "./messages.ts";
import type { PayloadPool } from "./payload-pool.ts";
import { portsOf } from "./rule-set.ts";
import { isCapturable, reachTarget, refuseLiveTarget, resolveTarget } from "./target-check.ts";
import type { TargetRegistry } from "./target-registry.ts";

/** The targets of a run: who may be one, and what an operator does with them. */
export interface LiveTargets {
  /** Throws when a target of the rules is the live service, or cannot be reached; leaves those that may be out of the capture. */
  check(set: RuleSet): Promise<void>;
  /** A target's name has these addresses now. */
  exclude(index: number, addresses: readonly string[]): void;
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
): LiveTargets {
  const breakers = new Map<string, TargetState>();
  const paused = new Set<string>();
  const checked = new Set<number>();
  let ports: ReadonlySet<number> = new Set();

  const excludeTarget = (target: Target, addresses: readonly string[]) => {
    for (const address of addresses)
      if (isCapturable(address, target.port, scope, ports)) capture.addTarget(address, target.port);
  };
  return {
    breakers,
    paused,
    async check(set) {
      const wanted = [...new Set(set.rules.flatMap(({ targets }) => targets))];
      const all = new Set([...ports, ...portsOf(set.rules)]);
      const found = await Promise.all(
        wanted.map(async (index) => {
          const target = registry.targets[index];
          if (target === undefined) throw new Error(`there is no target ${index}`);
          return { index, ...(await resolveTarget(target)) };
        }),
      );
      for (const one of found) refuseLiveTarget(one, scope, all);
      // What was reached before is being sent to: its breaker knows better how it is.
      await Promise.all(
        found.filter(({ index }) => !checked.has(index)).map((one) => reachTarget(one)),
      );
      ports = all;
      for (const { index, target, addresses } of found) {
        checked.add(index);
        excludeTarget(target, addresses);
      }
    },
    exclude(index, addresses) {
      const target = registry.targets[index];
      if (target !== undefined) excludeTarget(target, addresses);
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

import { setTimeout as sleep } from "node:timers/promises";
import type { Capture } from "../capture/capture.ts";
import { ShadowtapError } from "../model/errors.ts";
import type { KernelRules } from "../model/kernel-rules.ts";
import type { Rule, RuleSet } from "../model/rule.ts";
import type { RunConfig } from "../model/run-config.ts";
import type { RampStatus } from "../model/status.ts";
import { compileKernelRules, kernelSample } from "../select/kernel/compile.ts";
import type { PayloadReport } from "./messages.ts";
import type { PayloadPool } from "./payload-pool.ts";
import { createRamps } from "./ramps.ts";
import { buildRuleSet } from "./rule-set.ts";
import type { TargetRegistry } from "./target-registry.ts";

/** Records that the kernel chose by the rules before are read by then. */
const RETIRE_AFTER_MS = 2_000;

/** Throws when a rule set, made of this configuration, cannot be put in force here. */
export type CheckRules = (set: RuleSet, config: RunConfig) => Promise<void>;

/** The rules in force, in the kernel and in the payload processes alike. */
export interface LiveRules {
  readonly set: RuleSet;
  readonly config: RunConfig;
  /** Puts another configuration in force: in the payload processes first, then in the kernel for every packet at once. */
  use(config: RunConfig, check: CheckRules): Promise<void>;
  /** Gives a rule a fixed share; ends its ramp. Throws ST_RUN_UNKNOWN for a rule there is none of. */
  setShare(rule: string, share: number): void;
  /** Lets ramps go on by what the payload processes report; calls back when a share has changed. */
  observe(
    reports: readonly PayloadReport[],
    onShare: (rule: string, share: number, status: RampStatus) => void,
  ): void;
  rampOf(rule: string): RampStatus | undefined;
}

const EMPTY: RuleSet = { generation: 0, matching: "first", rules: [] };

export function createLiveRules(
  capture: Pick<Capture, "rules">,
  pool: Pick<PayloadPool, "useRules" | "tell">,
  registry: TargetRegistry,
  start: RunConfig,
): LiveRules {
  const ramps = createRamps();
  let set = EMPTY;
  let kernel: KernelRules | undefined;
  let config = start;
  let turn: Promise<unknown> = Promise.resolve();

  /** One change after the other: a share that is set while rules are replaced must not be lost with the old ones. */
  const inTurn = (change: () => void | Promise<void>): Promise<void> => {
    const done = turn.then(change);
    turn = done.catch(() => {});
    return done;
  };

  const changeShare = (name: string, share: number) => {
    const rules = set.rules.map((rule): Rule => (rule.name === name ? { ...rule, share } : rule));
    set = { ...set, rules };
    pool.tell({ kind: "share", rule: name, share });
    if (kernel === undefined) return;
    kernel = { ...kernel, samples: rules.map(kernelSample) };
    capture.rules.resample(kernel);
  };

  const replace = async (next: RunConfig, check: CheckRules) => {
    const named = buildRuleSet(next, set.generation + 1, registry);
    // Everything that may be refused comes before anything is changed.
    let compiled: KernelRules;
    try {
      compiled = compileKernelRules(named);
      await check(named, next);
    } catch (error) {
      // Targets that only the refused rules name are none of the run's.
      const used = targetsOf(set);
      for (const index of targetsOf(named)) if (!used.includes(index)) registry.retire(index);
      throw error;
    }
    const nowMs = performance.now();
    const rules = next.rules.map((spec, index): Rule => {
      const rule = named.rules[index] as Rule;
      if (spec.ramp === undefined) return rule;
      return { ...rule, share: ramps.define(rule.name, spec.ramp, rule.targets, nowMs) };
    });
    for (const { name, ramp } of next.rules) if (ramp === undefined) ramps.forget(name);
    for (const { name } of set.rules)
      if (!rules.some((rule) => rule.name === name)) ramps.forget(name);
    const nextSet = { ...named, rules };
    const nextKernel = { ...compiled, samples: rules.map(kernelSample) };
    await pool.useRules(nextSet, registry.targets);
    await capture.rules.apply(nextKernel);
    const gone = targetsOf(set).filter((index) => !targetsOf(nextSet).includes(index));
    set = nextSet;
    kernel = nextKernel;
    config = next;
    for (const index of gone) registry.retire(index);
    if (gone.length > 0)
      void sleep(RETIRE_AFTER_MS, undefined, { ref: false }).then(() =>
        pool.tell({ kind: "retire", targets: gone }),
      );
  };

  return {
    get set() {
      return set;
    },
    get config() {
      return config;
    },
    use: (next, check) => inTurn(() => replace(next, check)),
    setShare(name, share) {
      if (!set.rules.some((rule) => rule.name === name))
        throw unknownRule(
          name,
          set.rules.map((rule) => rule.name),
        );
      void inTurn(() => {
        ramps.forget(name);
        changeShare(name, share);
      });
    },
    observe(reports, onShare) {
      ramps.observe(reports, performance.now(), (rule, share, status) => {
        void inTurn(() => changeShare(rule, share));
        onShare(rule, share, status);
      });
    },
    rampOf: ramps.status,
  };
}

function targetsOf(set: RuleSet): number[] {
  return [...new Set(set.rules.flatMap(({ targets }) => targets))];
}

function unknownRule(name: string, known: readonly string[]): ShadowtapError {
  return new ShadowtapError("ST_RUN_UNKNOWN", `There is no rule ${name}.`, [
    `The rules are ${known.join(", ")}.`,
  ]);
}

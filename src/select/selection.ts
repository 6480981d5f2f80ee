import type { LiveConnection } from "../model/connection.ts";
import { createSelectionLedger, type RuleLedger, type SelectionLedger } from "../model/ledger.ts";
import type { RequestView } from "../model/request.ts";
import type { Rule, RuleSet } from "../model/rule.ts";
import type { Selection } from "../model/selection.ts";
import { compileMatch } from "./match/compile-match.ts";
import { createRuleState, type RuleState } from "./rule-state.ts";
import { createSampler, type Sampler } from "./sampler.ts";

/** The rules in force, and what became of the requests that they were asked about. */
export interface RuleBook extends Selection {
  /**
   * Puts a new generation of rules in force. Those before it are kept for a while, for what the kernel has chosen by them already; what
   * comes after that matches none. Throws when a regular expression is one that `regexFault` refuses; then nothing has changed.
   */
  use(set: RuleSet): void;
  /** Share of a rule in every generation kept, 0 … 1. The next generation brings its own. */
  setShare(rule: string, share: number): void;
  readonly ledger: SelectionLedger;
  /** By the rule's name, over all generations; never removed. */
  readonly ledgers: ReadonlyMap<string, RuleLedger>;
}

interface SelectionPorts {
  /** Monotonic. */
  nowNs(): number;
  /** A uniform unsigned 32-bit number. */
  random32(): number;
}

interface CompiledRule {
  readonly rule: Rule;
  readonly matches: (request: RequestView) => boolean;
  /** undefined: all. */
  readonly methods: ReadonlySet<string> | undefined;
  readonly sampler: Sampler;
  readonly state: RuleState;
}

interface Generation {
  readonly generation: number;
  readonly isFirst: boolean;
  readonly rules: readonly CompiledRule[];
}

const NO_RULES: Generation = { generation: -1, isFirst: true, rules: [] };
/** Changes take 50 ms and more, records wait in a ring for 200 ms at most unless the process was stopped. */
const KEPT_GENERATIONS = 8;
/** Rules in each half of a connection's mask. */
const HALF = 32;

export function createSelection(ports: SelectionPorts): RuleBook {
  const ledger = createSelectionLedger();
  const ledgers = new Map<string, RuleLedger>();
  const states = new Map<string, RuleState>();
  let current = NO_RULES;
  /** With the current one, the newest first. */
  let kept: readonly Generation[] = [];

  const stateOf = (name: string): RuleState => {
    const known = states.get(name);
    if (known !== undefined) return known;
    const state = createRuleState(ports.nowNs);
    states.set(name, state);
    ledgers.set(name, state.ledger);
    return state;
  };

  const generationOf = (connection: LiveConnection): Generation =>
    connection.generation === current.generation
      ? current
      : (kept.find(({ generation }) => generation === connection.generation) ?? NO_RULES);

  let drawn = -1;
  const draw = () => {
    if (drawn < 0) drawn = ports.random32();
    return drawn;
  };

  /** What a rule makes of a request that it matches. */
  const conclude = (
    compiled: CompiledRule,
    connection: LiveConnection,
    request: RequestView,
    offer: (rule: Rule) => void,
  ) => {
    const { rule, methods, state } = compiled;
    state.ledger.matched++;
    if (methods !== undefined && !methods.has(request.method)) state.ledger.held_back.method++;
    else if (!compiled.sampler.isIn(connection, request, draw)) state.ledger.sampled_out++;
    else if (state.admit(request)) offer(rule);
  };

  return {
    ledger,
    ledgers,
    use(set) {
      const compiled = set.rules.map((rule) => ({
        rule,
        matches: compileMatch(rule.match),
        methods: rule.methods === "all" ? undefined : new Set(rule.methods),
        sampler: createSampler(rule.sampleBy, rule.share),
      }));
      const rules = compiled.map((one): CompiledRule => {
        const state = stateOf(one.rule.name);
        state.define(one.rule);
        return { ...one, state };
      });
      current = { generation: set.generation, isFirst: set.matching === "first", rules };
      kept = [current, ...kept.slice(0, KEPT_GENERATIONS - 1)];
    },
    setShare(name, share) {
      for (const { rules } of kept)
        for (const { rule, sampler } of rules) if (rule.name === name) sampler.setShare(share);
    },
    decide(connection, request, offer) {
      ledger.decoded++;
      const { isFirst, rules } = generationOf(connection);
      drawn = request.sample;
      let matched = 0;
      for (let base = 0; base < rules.length; base += HALF) {
        let mask = (base === 0 ? connection.rulesLow : connection.rulesHigh) | 0;
        // One turn for each bit that is set, the lowest first: most connections concern few rules.
        while (mask !== 0) {
          const bit = mask & -mask;
          mask ^= bit;
          const compiled = rules[base + 31 - Math.clz32(bit)];
          if (compiled === undefined || !compiled.matches(request)) continue;
          matched++;
          conclude(compiled, connection, request, offer);
          if (isFirst) return;
        }
      }
      if (matched === 0) ledger.not_matched++;
      else ledger.also_matched += matched - 1;
    },
    offered(rule) {
      states.get(rule.name)?.offered(rule.targets.length);
    },
    refused(rule, reason) {
      states.get(rule.name)?.refused(reason);
    },
    settled(rule, isDelivered) {
      states.get(rule.name)?.settle(isDelivered);
    },
  };
}

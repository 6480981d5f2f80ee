import {
  add,
  type CaptureLedger,
  createRuleLedger,
  imbalance,
  type RuleLedger,
  type SelectionLedger,
  seen,
  type TargetLedger,
} from "../model/ledger.ts";
import type { RedactionSummary } from "../model/redaction.ts";

interface Named<T> {
  readonly name: string;
  readonly ledger: T;
}

/** All counts of a run, as they are when they are asked for. */
export interface Ledgers {
  readonly capture: CaptureLedger;
  readonly selection: SelectionLedger;
  readonly rules: readonly Named<RuleLedger>[];
  readonly targets: readonly Named<TargetLedger>[];
}

/** What does not add up; empty when the ledgers balance. */
export function imbalanceOf({ capture, selection, rules, targets }: Ledgers): readonly string[] {
  return imbalance(
    capture,
    selection,
    new Map(rules.map(({ name, ledger }) => [name, ledger])),
    new Map(targets.map(({ name, ledger }) => [name, ledger])),
  );
}

/** Under which policy something was made. */
export function redactionDocument(redaction: RedactionSummary | undefined): object | null {
  if (redaction === undefined) return null;
  return { preset: redaction.preset, policy_hash: redaction.policyHash };
}

/** `rule`: all rules together, in the shape in which a single rule has always been written. */
function ruleSum({ selection, rules }: Ledgers): object {
  const sum = createRuleLedger();
  for (const { ledger } of rules) add(sum, ledger);
  const { held_back, sampled_out, over_budget, refused, offered } = sum;
  const { decoded, not_matched } = selection;
  return { decoded, not_matched, held_back, sampled_out, over_budget, refused, offered };
}

/** The ledgers as docs/ledger.md names them. Without `imbalance`, which means something at rest only. */
export function ledgerDocument(ledgers: Ledgers): object {
  const { capture, selection, rules, targets } = ledgers;
  return {
    capture: { seen: seen(capture), ...capture },
    selection,
    rules: rules.map(({ name, ledger }) => ({ name, ...ledger })),
    rule: ruleSum(ledgers),
    targets: targets.map(({ name, ledger }) => ({ name, ...ledger })),
  };
}

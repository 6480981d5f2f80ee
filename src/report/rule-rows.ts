import { type RuleLedger, type SelectionLedger, total } from "../model/ledger.ts";
import {
  ALSO_MATCHED_ADVICE,
  HELD_BACK_ADVICE,
  NOT_MATCHED_ADVICE,
  OVER_BUDGET_ADVICE,
  REFUSED_ADVICE,
  SAMPLED_OUT_ADVICE,
} from "./advice.ts";
import { formatCount } from "./quantity.ts";
import { countRow, type Row, reasonRows } from "./rows.ts";
import { printable } from "./text.ts";

/** What is told of a rule. */
export interface ToldRule {
  readonly name: string;
  /** In one line, for people; empty when it goes without saying. */
  readonly description: string;
  readonly ledger: RuleLedger;
}

/** More rules than this that nothing matched share one line. */
const MAX_IDLE_BLOCKS = 3;

function leftOutRows({ held_back, sampled_out, over_budget, refused }: RuleLedger): Row[] {
  return [
    ...countRow("held_back method", held_back.method, HELD_BACK_ADVICE, "yellow"),
    ...countRow("sampled_out", sampled_out, SAMPLED_OUT_ADVICE),
    ...reasonRows("over_budget", over_budget, OVER_BUDGET_ADVICE),
    ...reasonRows("refused", refused, REFUSED_ADVICE),
  ];
}

function ruleBlock({ name, description, ledger }: ToldRule): Row[] {
  const about = description === "" ? "" : `: ${printable(description)}`;
  return [
    { label: `rule ${printable(name)}${about}`, value: "", colour: "bold" },
    { label: "  matched", value: formatCount(ledger.matched) },
    ...leftOutRows(ledger),
    { label: "  offered", value: formatCount(ledger.offered) },
  ];
}

function idleRow(idle: readonly ToldRule[]): Row {
  const names = idle.map(({ name }) => printable(name)).join(", ");
  return { label: `${idle.length} rules that nothing matched: ${names}`, value: "" };
}

/** Requests that were offered, over all rules. */
export function offeredBy(rules: readonly { readonly ledger: RuleLedger }[]): number {
  return rules.reduce((sum, { ledger }) => sum + ledger.offered, 0);
}

/**
 * What the rules made of the requests that were read. A single rule needs no name and no block; of many, those that nothing
 * matched are listed in one line.
 */
export function selectionRows(selection: SelectionLedger, rules: readonly ToldRule[]): Row[] {
  const [only] = rules;
  const read: Row[] = [
    { label: "read", value: formatCount(selection.decoded), colour: "bold" },
    ...countRow("not_matched", selection.not_matched, NOT_MATCHED_ADVICE),
  ];
  const offered: Row = { label: "offered", value: formatCount(offeredBy(rules)), colour: "bold" };
  if (only === undefined) return [...read, offered];
  if (rules.length === 1) return [...read, ...leftOutRows(only.ledger), offered];
  const idle = rules.filter(({ ledger }) => total(ledger) === 0);
  const isFolded = idle.length > MAX_IDLE_BLOCKS;
  return [
    ...read,
    ...countRow("also_matched", selection.also_matched, ALSO_MATCHED_ADVICE),
    ...rules.filter((rule) => !isFolded || !idle.includes(rule)).flatMap(ruleBlock),
    ...(isFolded ? [idleRow(idle)] : []),
    offered,
  ];
}

import { REFUSAL_REASONS, type RefusalReason } from "./redaction.ts";

/**
 * The ledger: every request that was seen ends in exactly one of these numbers. The three identities and the meaning of
 * every reason are specified in docs/ledger.md; `imbalance` in this file checks them.
 */

export const SKIPPED_REASONS = [
  "own",
  "already_shadow",
  "not_http",
  "upgraded",
  "not_selected",
  "sampled_out",
] as const;
export type SkippedReason = (typeof SKIPPED_REASONS)[number];

export const LOST_REASONS = [
  "ring_full",
  "gap",
  "joined_mid_stream",
  "left_mid_stream",
  "owner_unknown",
] as const;
export type LostReason = (typeof LOST_REASONS)[number];

export const MALFORMED_REASONS = [
  "request_line",
  "header_field",
  "header_too_large",
  "content_length",
  "transfer_encoding",
  "chunk",
  "version",
  "incomplete",
] as const;
export type MalformedReason = (typeof MALFORMED_REASONS)[number];

export const OVER_BUDGET_REASONS = ["max_rps", "max_bandwidth", "max_in_flight", "count"] as const;
export type OverBudgetReason = (typeof OVER_BUDGET_REASONS)[number];

/** The request was never sent, in whole or in part. */
export const UNSENT_REASONS = [
  "paused",
  "address_refused",
  "max_rps",
  "max_bandwidth",
  "max_in_flight",
  "queue_full",
  "breaker_open",
  "connect_failed",
  "connect_timeout",
  "expired",
  "request_cut",
  "stopping",
] as const;
export type UnsentReason = (typeof UNSENT_REASONS)[number];

/** At least one byte was handed to the kernel, and no complete response was read. */
export const UNANSWERED_REASONS = [
  "timeout",
  "connection_closed",
  "connection_reset",
  "bad_response",
  "request_cut",
  "buffer_full",
  "stopping",
] as const;
export type UnansweredReason = (typeof UNANSWERED_REASONS)[number];

export interface CaptureLedger {
  skipped: Record<SkippedReason, number>;
  lost: Record<LostReason, number>;
  /** Request starts refused by admission control in the kernel. */
  shed: number;
  /** Request starts refused in the kernel to keep within `--max-cpu` or `--max-memory`. */
  throttled: number;
  malformed: Record<MalformedReason, number>;
  decoded: number;
  /** How many of the above are counts of request starts that user space never saw, so that they may be off. */
  estimated: number;
}

/** What became of the requests that one rule matched. */
export interface RuleLedger {
  matched: number;
  held_back: { method: number };
  sampled_out: number;
  over_budget: Record<OverBudgetReason, number>;
  /** By redaction, which lets nothing pass that it could not look at. */
  refused: Record<RefusalReason, number>;
  offered: number;
  /** Offered requests times the targets that each was offered to. */
  copies: number;
}

/** What all rules together made of the requests that were read. */
export interface SelectionLedger {
  decoded: number;
  not_matched: number;
  /** Matches beyond a request's first, when every rule that matches counts. */
  also_matched: number;
}

export interface TargetLedger {
  offered: number;
  delivered: number;
  failed: {
    unsent: Record<UnsentReason, number>;
    sent_unanswered: Record<UnansweredReason, number>;
  };
  /** Delivered requests by the shadow's status code. */
  status: Record<string, number>;
}

function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}

export function createCaptureLedger(): CaptureLedger {
  return {
    skipped: zeros(SKIPPED_REASONS),
    lost: zeros(LOST_REASONS),
    shed: 0,
    throttled: 0,
    malformed: zeros(MALFORMED_REASONS),
    decoded: 0,
    estimated: 0,
  };
}

export function createRuleLedger(): RuleLedger {
  return {
    matched: 0,
    held_back: { method: 0 },
    sampled_out: 0,
    over_budget: zeros(OVER_BUDGET_REASONS),
    refused: zeros(REFUSAL_REASONS),
    offered: 0,
    copies: 0,
  };
}

export function createSelectionLedger(): SelectionLedger {
  return { decoded: 0, not_matched: 0, also_matched: 0 };
}

export function createTargetLedger(): TargetLedger {
  return {
    offered: 0,
    delivered: 0,
    failed: { unsent: zeros(UNSENT_REASONS), sent_unanswered: zeros(UNANSWERED_REASONS) },
    status: {},
  };
}

/** Sum of every number in a (nested) record of counts. */
export function total(counts: object): number {
  let sum = 0;
  for (const value of Object.values(counts))
    sum += typeof value === "number" ? value : total(value);
  return sum;
}

/** Adds every count of `from` to the same place in `into`, making places that are missing. */
export function add<T extends object>(into: T, from: T): T {
  const target = into as Record<string, unknown>;
  for (const [key, value] of Object.entries(from)) {
    if (typeof value === "number") target[key] = ((target[key] as number | undefined) ?? 0) + value;
    else target[key] = add((target[key] as object | undefined) ?? {}, value as object);
  }
  return into;
}

/** Requests seen: the left side of the capture identity, by definition the sum of where they went. */
export function seen(capture: CaptureLedger): number {
  return (
    total(capture.skipped) +
    total(capture.lost) +
    capture.shed +
    capture.throttled +
    total(capture.malformed) +
    capture.decoded
  );
}

/**
 * What does not add up, as sentences; empty when the ledger balances. Only meaningful at rest, when nothing is in
 * flight.
 */
export function imbalance(
  capture: CaptureLedger,
  selection: SelectionLedger,
  rules: ReadonlyMap<string, RuleLedger>,
  targets: ReadonlyMap<string, TargetLedger>,
): readonly string[] {
  const faults: string[] = [];
  const check = (name: string, left: number, right: number) => {
    if (left !== right) faults.push(`${name}: ${left} is not ${right}`);
  };
  const sum = <T>(all: ReadonlyMap<string, T>, of: (one: T) => number) =>
    [...all.values()].reduce((total, one) => total + of(one), 0);
  check("capture decoded = selection decoded", capture.decoded, selection.decoded);
  check(
    "decoded + also_matched = not_matched + matched",
    selection.decoded + selection.also_matched,
    selection.not_matched + sum(rules, (rule) => rule.matched),
  );
  for (const [name, rule] of rules)
    check(
      `${name} matched = held_back + sampled_out + over_budget + refused + offered`,
      rule.matched,
      rule.held_back.method +
        rule.sampled_out +
        total(rule.over_budget) +
        total(rule.refused) +
        rule.offered,
    );
  check(
    "copies = targets offered",
    sum(rules, (rule) => rule.copies),
    sum(targets, (target) => target.offered),
  );
  for (const [name, target] of targets) {
    check(
      `${name} offered = delivered + failed`,
      target.offered,
      target.delivered + total(target.failed),
    );
    check(`${name} delivered = sum of statuses`, target.delivered, total(target.status));
  }
  return faults;
}

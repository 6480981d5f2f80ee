import { imbalance, seen, total } from "../model/ledger.ts";
import type { Quantiles, RunSummary, TargetSummary } from "../model/summary.ts";
import {
  HELD_BACK_ADVICE,
  LOST_ADVICE,
  MALFORMED_ADVICE,
  NOT_MATCHED_ADVICE,
  OVER_BUDGET_ADVICE,
  SAMPLED_OUT_ADVICE,
  SHED_ADVICE,
  SKIPPED_ADVICE,
  UNANSWERED_ADVICE,
  UNSENT_ADVICE,
} from "./advice.ts";
import { formatBytes, formatCount, formatMs, formatRate, formatShare } from "./quantity.ts";
import { type Colour, paint, type Style, symbol } from "./style.ts";

/** One row of the summary: a label, a number, and what it means. */
interface Row {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
  readonly colour?: Colour;
}

function formatQuantiles({ p50Ms, p99Ms, maxMs }: Quantiles): string {
  return `p50 ${formatMs(p50Ms)}  p99 ${formatMs(p99Ms)}  max ${formatMs(maxMs)}`;
}

/** One row for every reason that occurred. */
function reasonRows(
  name: string,
  counts: Readonly<Record<string, number>>,
  advice: Readonly<Record<string, string>>,
  colour?: Colour,
): Row[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => ({
      label: `  ${name} ${reason}`,
      value: formatCount(count),
      note: advice[reason] ?? "",
      ...(colour && { colour }),
    }));
}

function countRow(label: string, count: number, note: string, colour?: Colour): Row[] {
  return count > 0
    ? [{ label: `  ${label}`, value: formatCount(count), note, ...(colour && { colour }) }]
    : [];
}

function captureRows({ capture }: RunSummary): Row[] {
  return [
    { label: "seen", value: formatCount(seen(capture)), colour: "bold" },
    ...reasonRows("skipped", capture.skipped, SKIPPED_ADVICE),
    ...reasonRows("lost", capture.lost, LOST_ADVICE, "red"),
    ...countRow("shed", capture.shed, SHED_ADVICE, "red"),
    ...reasonRows("malformed", capture.malformed, MALFORMED_ADVICE, "yellow"),
    ...countRow(
      "(estimated)",
      capture.estimated,
      "Part of the numbers above: counted in the kernel by how they begin, so they may be off.",
    ),
  ];
}

function ruleRows({ ruleLedger }: RunSummary): Row[] {
  return [
    { label: "read", value: formatCount(ruleLedger.decoded), colour: "bold" },
    ...countRow("not_matched", ruleLedger.not_matched, NOT_MATCHED_ADVICE),
    ...countRow("held_back method", ruleLedger.held_back.method, HELD_BACK_ADVICE, "yellow"),
    ...countRow("sampled_out", ruleLedger.sampled_out, SAMPLED_OUT_ADVICE),
    ...reasonRows("over_budget", ruleLedger.over_budget, OVER_BUDGET_ADVICE),
    { label: "offered", value: formatCount(ruleLedger.offered), colour: "bold" },
  ];
}

function statusList(status: Readonly<Record<string, number>>): string {
  return Object.entries(status)
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([code, count]) => `${code}: ${formatCount(count)}`)
    .join("  ");
}

function targetRows({ name, ledger, latency }: TargetSummary, style: Style): Row[] {
  const share =
    ledger.offered === 0 ? "" : `${formatShare(ledger.delivered, ledger.offered)} of offered`;
  return [
    { label: `${symbol(style, "arrow")} ${name}`, value: "", colour: "bold" },
    {
      label: "  delivered",
      value: formatCount(ledger.delivered),
      note: [share, statusList(ledger.status)].filter((part) => part !== "").join("  "),
      colour: "green",
    },
    ...reasonRows("unsent", ledger.failed.unsent, UNSENT_ADVICE, "red"),
    ...reasonRows("sent_unanswered", ledger.failed.sent_unanswered, UNANSWERED_ADVICE, "red"),
    ...(latency === undefined
      ? []
      : [{ label: "  latency", value: "", note: formatQuantiles(latency) }]),
  ];
}

/** Below this many requests the first ones, run before the compiler got to it, are all that a mean would show. */
const ENOUGH_TO_DIVIDE = 1000;

function costNote(run: RunSummary, style: Style): string {
  const { keeper, payload } = run.cpuSeconds;
  const cpuSeconds = keeper + payload;
  const share = formatShare(cpuSeconds * 1000, Math.max(run.durationMs, 1));
  const each =
    run.ruleLedger.offered < ENOUGH_TO_DIVIDE
      ? ""
      : `, ${((cpuSeconds * 1e6) / run.ruleLedger.offered).toFixed(1)} ${symbol(style, "micro")}s per request offered`;
  return (
    `CPU ${cpuSeconds.toFixed(2)}s (${share} of a core${each}; keeper ${keeper.toFixed(2)}s, payload ${payload.toFixed(2)}s), ` +
    `memory ${formatBytes(run.maxRssBytes)} at most, with a ring of ${formatBytes(run.ringBytes)} in it`
  );
}

function measureRows(run: RunSummary, style: Style): Row[] {
  const kernel = Object.entries(run.kernel)
    .filter(([, { records, bytes }]) => records > 0 || bytes > 0)
    .map(([name, { records, bytes }]) => ({
      label: `  ${name}`,
      value: formatCount(records),
      note: formatBytes(bytes),
    }));
  return [
    ...(run.delay === undefined
      ? []
      : [{ label: "mirror delay", value: "", note: formatQuantiles(run.delay) }]),
    ...countRow(
      "lines dropped",
      run.linesDropped,
      "stdout did not take them in time, and nothing waits for it. -o none, or a faster reader.",
      "yellow",
    ),
    ...(kernel.length === 0 ? [] : [{ label: "kernel records", value: "" }, ...kernel]),
    { label: "cost", value: "", note: costNote(run, style) },
  ];
}

function renderRows(rows: readonly Row[], style: Style): string {
  const numbered = rows.filter(({ value }) => value !== "");
  const labelWidth = Math.max(...numbered.map(({ label }) => label.length));
  const valueWidth = Math.max(...numbered.map(({ value }) => value.length));
  return rows
    .map(({ label, value, note, colour }) => {
      const head =
        value === "" && note === undefined
          ? label
          : `${label.padEnd(labelWidth)}  ${value.padStart(valueWidth)}`;
      const painted = colour === undefined ? head : paint(style, colour, head);
      return `  ${note ? `${painted}  ${note}` : painted}`.trimEnd();
    })
    .join("\n");
}

function headline(run: RunSummary): string {
  const requests = seen(run.capture);
  const where = run.listeners.length === 0 ? "" : ` on ${run.listeners.join(", ")}`;
  const rate = formatRate((requests * 1000) / Math.max(run.durationMs, 1));
  const time = formatMs(run.durationMs);
  if (requests === 0)
    return `Saw no request in ${time}${where} (hook ${run.hook}). \`shadowtap doctor\` looks for the reason.`;
  const noun = requests === 1 ? "request" : "requests";
  return `Saw ${formatCount(requests)} ${noun} in ${time} (${rate})${where} (hook ${run.hook}); offered ${formatCount(run.ruleLedger.offered)}.`;
}

/** What does not add up in the whole run's ledger; empty when it balances. */
export function runImbalance(run: RunSummary): readonly string[] {
  return imbalance(
    run.capture,
    run.ruleLedger,
    new Map(run.targets.map(({ name, ledger }) => [name, ledger])),
  );
}

function verdict(run: RunSummary, style: Style): string {
  const faults = runImbalance(run);
  if (faults.length > 0)
    return [
      paint(style, "red", "THE LEDGER DOES NOT BALANCE:"),
      ...faults.map((fault) => `  ${fault}`),
      "This is a fault of shadowtap: please report it together with this summary.",
    ].join("\n");
  const lost = total(run.capture.lost) + run.capture.shed;
  const failed = run.targets.reduce((sum, { ledger }) => sum + total(ledger.failed), 0);
  return lost + failed === 0
    ? `The ledger balances: nothing was lost, nothing failed.`
    : `The ledger balances: ${formatCount(lost)} lost or shed, ${formatCount(failed)} failed; every one is listed above. docs/ledger.md explains them.`;
}

/**
 * The summary at the end of a run, for people: what was seen, where everything went, what changes it, what it cost.
 * Reasons that did not occur are left out. Ends with a line feed.
 */
export function formatSummary(run: RunSummary, style: Style): string {
  const rows = [
    ...captureRows(run),
    ...ruleRows(run),
    ...run.targets.flatMap((target) => targetRows(target, style)),
    ...measureRows(run, style),
  ];
  return `${headline(run)}\n\n${renderRows(rows, style)}\n\n${verdict(run, style)}\n`;
}

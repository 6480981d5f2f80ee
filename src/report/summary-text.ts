import { seen, total } from "../model/ledger.ts";
import type { RunSummary, TargetSummary } from "../model/summary.ts";
import { UNANSWERED_ADVICE, UNSENT_ADVICE } from "./advice.ts";
import { captureRows } from "./capture-rows.ts";
import { imbalanceOf } from "./ledger-json.ts";
import { quantilesText } from "./quantiles.ts";
import { formatBytes, formatCount, formatMs, formatRate, formatShare } from "./quantity.ts";
import { countRow, type Row, reasonRows, renderRows } from "./rows.ts";
import { offeredBy, selectionRows } from "./rule-rows.ts";
import { paint, type Style, symbol } from "./style.ts";
import { printable } from "./text.ts";
import { throttleText } from "./throttle-text.ts";

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
    { label: `${symbol(style, "arrow")} ${printable(name)}`, value: "", colour: "bold" },
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
      : [{ label: "  latency", value: "", note: quantilesText(latency) }]),
  ];
}

/** Below this many requests the first ones, run before the compiler got to it, are all that a mean would show. */
const ENOUGH_TO_DIVIDE = 1000;

function costNote(run: RunSummary, style: Style): string {
  const { keeper, payload } = run.cpuSeconds;
  const cpuSeconds = keeper + payload;
  const share = formatShare(cpuSeconds * 1000, Math.max(run.durationMs, 1));
  const offered = offeredBy(run.rules);
  const each =
    offered < ENOUGH_TO_DIVIDE
      ? ""
      : `, ${((cpuSeconds * 1e6) / offered).toFixed(1)} ${symbol(style, "micro")}s per request offered`;
  return (
    `CPU ${cpuSeconds.toFixed(2)}s (${share} of a core${each}; keeper ${keeper.toFixed(2)}s, payload ${payload.toFixed(2)}s), ` +
    `in the kernel ${run.kernelSeconds.toFixed(2)}s, ` +
    `memory ${formatBytes(run.maxRssBytes)} at most, with a ring of ${formatBytes(run.ringBytes)} in it`
  );
}

function reloadRows({ reloads: { done, refused } }: RunSummary): Row[] {
  if (done + refused === 0) return [];
  const note =
    refused === 0
      ? ""
      : `${formatCount(refused)} more refused: what was asked for was invalid, and the rules stayed as they were.`;
  return [{ label: "rules changed", value: formatCount(done), note }];
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
      : [{ label: "mirror delay", value: "", note: quantilesText(run.delay) }]),
    ...countRow(
      "lines dropped",
      run.linesDropped,
      "stdout did not take them in time, and nothing waits for it. -o none, or a faster reader.",
      "yellow",
    ),
    ...reloadRows(run),
    ...(kernel.length === 0 ? [] : [{ label: "kernel records", value: "" }, ...kernel]),
    { label: "cost", value: "", note: costNote(run, style) },
  ];
}

function headline(run: RunSummary): string {
  const requests = seen(run.capture);
  const where = run.listeners.length === 0 ? "" : ` on ${run.listeners.join(", ")}`;
  const rate = formatRate((requests * 1000) / Math.max(run.durationMs, 1));
  const time = formatMs(run.durationMs);
  if (requests === 0)
    return `Saw no request in ${time}${where} (hook ${run.hook}). \`shadowtap doctor\` looks for the reason.`;
  const noun = requests === 1 ? "request" : "requests";
  return `Saw ${formatCount(requests)} ${noun} in ${time} (${rate})${where} (hook ${run.hook}); offered ${formatCount(offeredBy(run.rules))}.`;
}

function verdict(run: RunSummary, style: Style): string {
  const faults = imbalanceOf(run);
  if (faults.length > 0)
    return [
      paint(style, "red", "THE LEDGER DOES NOT BALANCE:"),
      ...faults.map((fault) => `  ${fault}`),
      "This is a fault of shadowtap: please report it together with this summary.",
    ].join("\n");
  if (!run.complete)
    return paint(
      style,
      "yellow",
      "The ledger balances, but a payload process ended by itself: what it saw after its last report, about a second, is in no number.",
    );
  const { shed, throttled } = run.capture;
  const lost = total(run.capture.lost) + shed;
  const failed = run.targets.reduce((sum, { ledger }) => sum + total(ledger.failed), 0);
  if (lost + failed + throttled === 0)
    return "The ledger balances: nothing was lost, nothing failed.";
  const parts = [
    `${formatCount(lost)} lost or shed`,
    ...(throttled > 0 ? [`${formatCount(throttled)} throttled`] : []),
    `${formatCount(failed)} failed`,
  ];
  return `The ledger balances: ${parts.join(", ")}; every one is listed above. docs/ledger.md explains them.`;
}

/**
 * The summary at the end of a run, for people: what was seen, where everything went, what changes it, what it cost.
 * Reasons that did not occur are left out. Ends with a line feed.
 */
export function formatSummary(run: RunSummary, style: Style): string {
  const rows = [
    ...captureRows(run.capture),
    ...selectionRows(run.selection, run.rules),
    ...run.targets.flatMap((target) => targetRows(target, style)),
    ...measureRows(run, style),
  ];
  const throttle = throttleText(run.throttle);
  return [
    headline(run),
    renderRows(rows, style),
    ...(throttle === undefined ? [] : [paint(style, "yellow", throttle)]),
    `${verdict(run, style)}\n`,
  ].join("\n\n");
}

import { seen } from "../model/ledger.ts";
import type { PlanPart, PlanReport } from "../model/plan.ts";
import { captureRows } from "./capture-rows.ts";
import { formatBytes, formatCount, formatMs, formatRate, formatShare } from "./quantity.ts";
import { renderRows } from "./rows.ts";
import { paint, type Style } from "./style.ts";
import { type Column, renderTable } from "./table.ts";
import { printable } from "./text.ts";

const left = (heading: string): Column => ({ heading, align: "left" });
const right = (heading: string): Column => ({ heading, align: "right" });

function headline(plan: PlanReport): string {
  const { durationMs, listeners, hook, capture } = plan;
  const requests = seen(capture);
  const where = listeners.length === 0 ? "" : ` on ${listeners.map(printable).join(", ")}`;
  const time = formatMs(durationMs);
  if (requests === 0)
    return `Saw no request in ${time}${where} (hook ${hook}), so there is nothing to plan by. \`shadowtap doctor\` looks for the reason.`;
  const rate = formatRate((requests * 1000) / Math.max(durationMs, 1));
  const noun = requests === 1 ? "request" : "requests";
  return `Saw ${formatCount(requests)} ${noun} in ${time} (${rate})${where} (hook ${hook}). Nothing was sent.`;
}

function bytesPerSecond(rate: number): string {
  return `${formatBytes(Math.round(rate))}/s`;
}

function ruleLines({ rules, mirrored }: PlanReport, style: Style): string[] {
  const columns = [
    left("RULE"),
    right("REQUESTS"),
    right("MEAN"),
    right("PEAK"),
    right("BYTES"),
    right("OF ALL"),
  ];
  const row = (name: string, part: PlanPart) => [
    name,
    formatCount(part.requests),
    formatRate(part.requestsPerSecond),
    `${formatCount(part.peakPerSecond)}/s`,
    bytesPerSecond(part.bytesPerSecond),
    formatShare(part.shareOfAll, 1),
  ];
  const rows = rules.map((rule) => row(printable(rule.name), rule));
  const all = rules.length > 1 ? [row("all of them", mirrored)] : [];
  return ["What would be mirrored:", "", ...renderTable(columns, [...rows, ...all], style, "  ")];
}

function endpointLines({ endpoints, others, mirrored }: PlanReport, style: Style): string[] {
  if (endpoints.length === 0) return [];
  const columns = [left("ENDPOINT"), right("REQUESTS"), right("SHARE"), right("BYTES")];
  const row = (name: string, requests: number, bytes: number) => [
    name,
    formatCount(requests),
    formatShare(requests, mirrored.requests),
    formatBytes(bytes),
  ];
  const rows = endpoints.map(({ endpoint, requests, bytes }) =>
    row(printable(endpoint), requests, bytes),
  );
  const rest = others.requests > 0 ? [row("all others", others.requests, others.bytes)] : [];
  return ["The hottest of it:", "", ...renderTable(columns, [...rows, ...rest], style, "  ")];
}

function methodLines({ methods }: PlanReport, style: Style): string[] {
  if (methods.length === 0) return [];
  const columns = [left("METHOD"), right("READ"), right("MATCHED"), right("HELD BACK"), left("")];
  const rows = methods.map(({ method, requests, matched, heldBack, changesState }) => [
    printable(method),
    formatCount(requests),
    formatCount(matched),
    formatCount(heldBack),
    changesState ? "changes state" : "",
  ]);
  return ["By method:", "", ...renderTable(columns, rows, style, "  ")];
}

/** What was held back for its method, and how to have it mirrored as well. */
function heldBackLines({ methods }: PlanReport, style: Style): string[] {
  const held = methods.filter(({ heldBack }) => heldBack > 0);
  if (held.length === 0) return [];
  const count = held.reduce((sum, { heldBack }) => sum + heldBack, 0);
  const names = held.map(({ method }) => printable(method)).join(",");
  const text =
    `${formatCount(count)} matching ${count === 1 ? "request was" : "requests were"} held back for the method. ` +
    `--allow-methods with ${names} among them mirrors them as well; ` +
    "a payment mirrored is a payment made twice, so the shadow must not share what it stores with the live service.";
  return [paint(style, "yellow", text)];
}

function joinedLines({ capture }: PlanReport): string[] {
  const count = capture.lost.joined_mid_stream;
  if (count === 0) return [];
  const noun = count === 1 ? "request" : "requests";
  return [
    `${formatCount(count)} ${noun} came on connections that were open already, and could not be told apart yet: ` +
      "a few at the start of every run, and no more later.",
  ];
}

function inFlightText(count: number): string {
  return count < 9.95 ? count.toFixed(1) : formatCount(count);
}

function capacityLines({ capacity, mirrored }: PlanReport): string[] {
  if (mirrored.requests === 0) return ["Nothing would be mirrored."];
  const { requestsPerSecond, peakPerSecond, liveLatencyMs, inFlight, peakInFlight } = capacity;
  const rates =
    `The shadow has to take ${formatRate(requestsPerSecond)} on average, ${formatCount(peakPerSecond)}/s in the busiest second, ` +
    `and ${bytesPerSecond(capacity.bytesPerSecond)}`;
  if (liveLatencyMs === undefined || inFlight === undefined || peakInFlight === undefined)
    return [`${rates}. How many at a time is not known: no live answer was seen.`];
  return [
    `${rates}: ${inFlightText(inFlight)} requests at a time, ${inFlightText(peakInFlight)} in the busiest second, ` +
      `if it answers as fast as the live service (${formatMs(liveLatencyMs)} on average).`,
  ];
}

/** A plan for people. Ends with a line feed. */
export function formatPlan(plan: PlanReport, style: Style): string {
  const blocks =
    seen(plan.capture) === 0
      ? [[headline(plan)]]
      : [
          [headline(plan)],
          ruleLines(plan, style),
          endpointLines(plan, style),
          methodLines(plan, style),
          capacityLines(plan),
          heldBackLines(plan, style),
          joinedLines(plan),
          [
            "What became of everything that was seen:",
            "",
            renderRows(captureRows(plan.capture), style),
          ],
        ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

import { seen, total } from "../model/ledger.ts";
import type { GovernorStatus, RuleStatus, RunStatus, TargetStatus } from "../model/status.ts";
import { formatBytes, formatCount, formatMs, formatPercent, formatShare } from "./quantity.ts";
import { offeredBy } from "./rule-rows.ts";
import { paint, type Style, symbol } from "./style.ts";
import { type Column, renderTable } from "./table.ts";
import { printable } from "./text.ts";

const left = (heading: string): Column => ({ heading, align: "left" });
const right = (heading: string): Column => ({ heading, align: "right" });

/** Several things in one line, with dots between them. */
function joined(parts: readonly string[], style: Style): string {
  return parts.filter((part) => part !== "").join(` ${symbol(style, "dot")} `);
}

function headline(status: RunStatus, style: Style): string {
  const { command, configFile, pid, version, uptimeMs } = status;
  const what = `shadowtap ${command}${configFile === undefined ? "" : ` ${printable(configFile)}`}`;
  return joined(
    [
      paint(style, "bold", what),
      `pid ${pid}`,
      `up ${formatMs(Math.round(uptimeMs / 1000) * 1000)}`,
      `version ${printable(version)}`,
    ],
    style,
  );
}

/** A tc hook is attached twice to every interface: the first few tell enough. */
const MAX_ATTACHMENTS = 4;

function attachmentsText(attachments: readonly string[]): string {
  if (attachments.length === 0) return "";
  const more = attachments.length - MAX_ATTACHMENTS;
  const shown = attachments.slice(0, MAX_ATTACHMENTS).map(printable).join(", ");
  return more > 0 ? ` (${shown} and ${more} more)` : ` (${shown})`;
}

function captureLines({ hook, attachments, listeners }: RunStatus, style: Style): string[] {
  return [
    joined(
      [
        `hook ${printable(hook)}${attachmentsText(attachments)}`,
        listeners.length === 0 ? "nothing listens" : listeners.map(printable).join(", "),
      ],
      style,
    ),
  ];
}

function reloadLines({ generation, reload }: RunStatus, style: Style): string[] {
  if (reload === undefined) return [];
  const { at, ok, message } = reload;
  return ok
    ? [`rules of generation ${generation}, changed ${at}: ${printable(message)}`]
    : [
        paint(style, "red", `the last change was refused ${at}: ${printable(message)}`),
        `still the rules of generation ${generation}`,
      ];
}

const RAMP_STATES = { rising: "rising", held_back: "stepped back", done: "done" } as const;

function rampLine({ ramp }: RuleStatus, style: Style): string[] {
  if (ramp === undefined) return [];
  const why = ramp.reason === undefined ? "" : `: ${printable(ramp.reason)}`;
  const text = `  ramp: step ${ramp.step} of ${ramp.steps}, ${RAMP_STATES[ramp.state]}${why}`;
  return [ramp.state === "held_back" ? paint(style, "yellow", text) : text];
}

function ruleLines({ rules }: RunStatus, style: Style): string[] {
  const columns = [
    left("RULE"),
    right("SHARE"),
    left("BY"),
    right("MATCHED"),
    right("LEFT OUT"),
    right("OFFERED"),
    left("TO"),
  ];
  const rows = rules.map(({ name, share, sampleBy, targets, ledger }) => [
    printable(name),
    formatPercent(share),
    printable(sampleBy || "no longer in force"),
    formatCount(ledger.matched),
    formatCount(ledger.matched - ledger.offered),
    formatCount(ledger.offered),
    targets.map(printable).join(", "),
  ]);
  const [head = "", ...lines] = renderTable(columns, rows, style);
  return [head, ...rules.flatMap((rule, index) => [lines[index] ?? "", ...rampLine(rule, style)])];
}

const BREAKER_STATES = {
  closed: "ok",
  open: "breaker open",
  half_open: "breaker half open",
} as const;

function targetLines({ targets }: RunStatus, style: Style): string[] {
  const columns = [
    left("TARGET"),
    left("STATE"),
    right("OFFERED"),
    right("DELIVERED"),
    right("FAILED"),
    right("P50"),
    right("P99"),
  ];
  const stateOf = ({ state, paused }: TargetStatus) =>
    [
      ...(paused ? ["paused"] : []),
      ...(paused && state === "closed" ? [] : [BREAKER_STATES[state]]),
    ].join(", ");
  const rows = targets.map((target) => [
    printable(target.name),
    stateOf(target),
    formatCount(target.ledger.offered),
    formatCount(target.ledger.delivered),
    formatCount(total(target.ledger.failed)),
    target.latency === undefined ? "-" : formatMs(target.latency.p50Ms),
    target.latency === undefined ? "-" : formatMs(target.latency.p99Ms),
  ]);
  return renderTable(columns, rows, style);
}

function ledgerLine({ capture, selection, rules }: RunStatus, style: Style): string {
  const count = (number: number, name: string) => `${formatCount(number)} ${name}`;
  const some = (number: number, name: string) => (number === 0 ? "" : count(number, name));
  const trouble = (number: number, name: string) =>
    number === 0 ? "" : paint(style, "red", count(number, name));
  const parts = [
    count(seen(capture), "seen"),
    some(total(capture.skipped), "skipped"),
    trouble(total(capture.lost), "lost"),
    trouble(capture.shed, "shed"),
    trouble(capture.throttled, "throttled"),
    some(total(capture.malformed), "malformed"),
    count(capture.decoded, "read"),
    some(selection.not_matched, "not matched"),
    count(offeredBy(rules), "offered"),
  ];
  return joined(parts, style);
}

function costLines(governor: GovernorStatus, style: Style): string[] {
  const { maxCpu, maxMemoryBytes, cpu, kernelCpu, memoryBytes, ringUsed, loopLagMs } = governor;
  const cpuLimit = maxCpu === undefined ? "" : ` (limit ${formatPercent(maxCpu)})`;
  const memoryLimit = maxMemoryBytes === undefined ? "" : ` (limit ${formatBytes(maxMemoryBytes)})`;
  const cost = joined(
    [
      `CPU ${formatShare(cpu, 1)} of a core and ${formatShare(kernelCpu, 1)} in the kernel${cpuLimit}`,
      `memory ${formatBytes(memoryBytes)}${memoryLimit}`,
      `ring ${formatShare(ringUsed, 1)} full`,
      `event loop ${formatMs(loopLagMs)} late`,
    ],
    style,
  );
  const { admitted, lowestAdmitted, limitedMs } = governor;
  if (lowestAdmitted >= 1 && limitedMs === 0) return [cost];
  const now =
    admitted < 1
      ? `holding back: ${formatShare(admitted, 1)} of the selected requests are let through`
      : "not holding back any more";
  const ever = `lowest ${formatShare(lowestAdmitted, 1)}, for ${formatMs(limitedMs)} in all`;
  const text = `governor: ${now} (${ever})`;
  return [cost, admitted < 1 ? paint(style, "yellow", text) : text];
}

/** A run as it stands, on a screenful, for people. Ends with a line feed. */
export function formatStatus(status: RunStatus, style: Style): string {
  const blocks = [
    [headline(status, style), ...captureLines(status, style), ...reloadLines(status, style)],
    ruleLines(status, style),
    targetLines(status, style),
    [ledgerLine(status, style), ...costLines(status.governor, style)],
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

import type { AuditDefect, AuditReport, AuditRun } from "../model/audit.ts";
import { paint, type Style } from "./style.ts";
import { renderTable } from "./table.ts";
import { printable } from "./text.ts";

const COLUMNS = [
  { heading: "RUN", align: "left" },
  { heading: "STARTED", align: "left" },
  { heading: "BY", align: "left" },
  { heading: "VERSION", align: "left" },
  { heading: "CHANGES", align: "right" },
  { heading: "REFUSED", align: "right" },
  { heading: "END", align: "left" },
] as const;

/** Of defects: whoever wants all of them takes JSON. */
const MAX_LISTED = 20;

/** What was found in a trail, for people. Ends with a line feed. */
export function formatAudit(report: AuditReport, style: Style): string {
  const { defects, head, runs, torn, gaps } = report;
  const table = runs.length === 0 ? [] : ["", ...renderTable(COLUMNS, runs.map(runCells), style)];
  const notes = [
    ...(torn > 0
      ? [
          `${count(torn, "line was", "lines were")} cut off by a kill or a full disk, and set aside.`,
        ]
      : []),
    ...(gaps > 0
      ? [`${count(gaps, "time", "times")} nothing could be written: see the entries \`gap\`.`]
      : []),
  ];
  const listed = defects.slice(0, MAX_LISTED).map(defectText);
  if (defects.length > MAX_LISTED)
    listed.push(`And ${defects.length - MAX_LISTED} more: see -o json.`);
  const found = listed.map((line) => paint(style, "red", printable(line)));
  const end = head === undefined ? "It holds no entry." : `Its last hash is ${head}.`;
  const conclusion =
    defects.length === 0
      ? `${paint(style, "green", "The chain is whole.")} ${end}`
      : paint(style, "red", `The trail is damaged: ${count(defects.length, "defect", "defects")}.`);
  const rest = [...notes, ...found, conclusion];
  return `${[headline(report), ...table, "", ...rest].join("\n")}\n`;
}

function headline({ files, entries, firstAt, lastAt }: AuditReport): string {
  const span = firstAt === undefined ? "" : ` from ${firstAt} to ${lastAt}`;
  return printable(`${files.join(", ")}: ${count(entries, "entry", "entries")}${span}.`);
}

function runCells(run: AuditRun): string[] {
  const { startedAt, who, version, changes, refused } = run;
  const cells = [run.run.slice(0, 8), startedAt, who, version, `${changes}`, `${refused}`];
  // Whoever can write the file chooses these texts: none of them may steer a terminal.
  return [...cells, endText(run)].map(printable);
}

function endText({ end, endedAt, why }: AuditRun): string {
  switch (end) {
    case "stopped":
      return `${endedAt} ${why}`;
    case "running":
      return "none: it is running";
    case "killed":
      return "none: it was killed";
    case "open":
      return "none: it was killed, or is running elsewhere";
  }
}

function defectText({ kind, file, line, message }: AuditDefect): string {
  return line === undefined
    ? `${file}: ${kind}: it ${message}`
    : `${file}:${line}: ${kind}: this line ${message}`;
}

function count(number: number, one: string, several: string): string {
  return `${number} ${number === 1 ? one : several}`;
}

import { API_VERSION } from "../../model/output.ts";
import { paint, type Style } from "../../report/style.ts";
import { renderTable } from "../../report/table.ts";
import { printable } from "../../report/text.ts";

/** One secret in one file, in one form: how often, and where first. */
export interface Leak {
  readonly place: string;
  readonly file: string;
  readonly offset: number;
  /** `raw`, `encoded`, `base64 in gzip`. */
  readonly form: string;
  readonly times: number;
}

/** What the check of outputs came to. It holds nothing of a secret. */
export interface CanaryReport {
  readonly secrets: number;
  readonly files: number;
  /** Sockets, pipes and devices in directories. */
  readonly passedOver: number;
  /** Whether any of the files shows that the planted requests have come through. */
  readonly isMarkerSeen: boolean;
  readonly leaks: readonly Leak[];
  /** Files that could not be looked through to their ends. */
  readonly faults: readonly { readonly file: string; readonly reason: string }[];
}

const COLUMNS = [
  { heading: "PLACE OF THE SECRET", align: "left" },
  { heading: "FILE", align: "left" },
  { heading: "OFFSET", align: "right" },
  { heading: "FORM", align: "left" },
  { heading: "TIMES", align: "right" },
] as const;

function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? "" : "s"}`;
}

/** For people. Ends with a line feed. */
export function formatCanaryReport(report: CanaryReport, style: Style): string {
  const { secrets, files, passedOver, leaks, faults, isMarkerSeen } = report;
  const rows = leaks.map(({ place, file, offset, form, times }) =>
    [place, file, `${offset}`, form, `${times}`].map(printable),
  );
  const table = rows.length === 0 ? [] : [...renderTable(COLUMNS, rows, style), ""];
  const found = new Set(leaks.map(({ place }) => place)).size;
  const looked = `in ${count(files, "file")}`;
  const all = count(secrets, "secret");
  const none = faults.length > 0 ? "was found in what could be read" : "was found";
  const verdict =
    found > 0
      ? paint(style, "red", `${found} of ${all} were found ${looked}.`)
      : paint(style, faults.length > 0 ? "yellow" : "green", `None of ${all} ${none} ${looked}.`);
  const notes = [
    ...faults.map(({ file, reason }) =>
      paint(style, "red", printable(`${file} was not looked through to its end: ${reason}.`)),
    ),
    ...(passedOver > 0 ? [`Passed over: ${count(passedOver, "socket, pipe or device")}.`] : []),
    ...(isMarkerSeen
      ? []
      : ["No trace of the planted requests, not even of what is no secret: were they mirrored?"]),
  ];
  return `${[...table, verdict, ...notes].join("\n")}\n`;
}

/** For programs: one line. */
export function canaryReportJson(report: CanaryReport): string {
  const { secrets, files, passedOver, leaks, faults, isMarkerSeen } = report;
  return `${JSON.stringify({
    apiVersion: API_VERSION,
    kind: "CanaryReport",
    secrets,
    files,
    passed_over: passedOver,
    marker_seen: isMarkerSeen,
    leaks,
    faults,
  })}\n`;
}

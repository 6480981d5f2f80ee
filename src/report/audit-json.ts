import type { AuditReport } from "../model/audit.ts";
import { API_VERSION } from "../model/output.ts";

/** What was found in a trail as one JSON document, `kind` AuditReport. Ends with a line feed. */
export function auditJson(report: AuditReport): string {
  const document = {
    apiVersion: API_VERSION,
    kind: "AuditReport",
    files: report.files,
    intact: report.defects.length === 0,
    entries: report.entries,
    first_at: report.firstAt ?? null,
    last_at: report.lastAt ?? null,
    last_hash: report.head ?? null,
    torn: report.torn,
    gaps: report.gaps,
    runs: report.runs.map((run) => ({
      run: run.run,
      started_at: run.startedAt,
      ended_at: run.endedAt ?? null,
      end: run.end,
      why: run.why ?? null,
      who: run.who,
      version: run.version,
      changes: run.changes,
      refused: run.refused,
    })),
    defects: report.defects.map(({ kind, file, line, message }) => ({
      kind,
      file,
      line: line ?? null,
      message,
    })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

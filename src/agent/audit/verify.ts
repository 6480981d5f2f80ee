import type { AuditDefect, AuditReport } from "../../model/audit.ts";
import { auditJson } from "../../report/audit-json.ts";
import { formatAudit } from "../../report/audit-text.ts";
import { detectStyle } from "../../report/style.ts";
import { parseChoice, quoted, usage } from "../flag-values.ts";
import { readTrails } from "./read-trail.ts";
import { type Machine, runsOf, thisMachine } from "./runs.ts";
import { walkChain } from "./walk-chain.ts";

const AUDIT_OUTPUTS = ["text", "json"] as const;

/** Everything that `shadowtap audit verify` is told. */
export interface VerifyOptions {
  /** In the order of their chain; `-` for stdin. */
  readonly files: readonly string[];
  /** A hash that the trail must hold. */
  readonly last: string | undefined;
  readonly output: (typeof AUDIT_OUTPUTS)[number];
}

/** Throws ST_USAGE. */
export function parseVerifyOptions(
  files: readonly string[],
  last: string | undefined,
  output: string,
): VerifyOptions {
  if (files.length === 0)
    throw usage("No file is named.", "Name what --audit-file named, or - for stdin.");
  if (files.filter((file) => file === "-").length > 1)
    throw usage("stdin is named twice.", "Write - once.");
  if (last !== undefined && !/^[0-9a-f]{64}$/.test(last))
    throw usage(
      `--last ${quoted(last)} is not a hash.`,
      "Write the 64 hexadecimal digits that a run printed at its end.",
    );
  return { files, last, output: parseChoice("--output", output, AUDIT_OUTPUTS) };
}

/** Looks through trails. Rejects with ST_FILE_UNREADABLE; a damaged trail is an answer. */
export async function verifyTrails(
  { files, last }: Pick<VerifyOptions, "files" | "last">,
  machine: Machine,
): Promise<AuditReport> {
  const { items, torn } = await readTrails(files);
  const entries = items.filter((item) => item.kind === "entry");
  const { defects, head } = walkChain(items);
  const isThere = last === undefined || entries.some(({ hash }) => hash === last);
  const missing: AuditDefect[] = isThere
    ? []
    : [
        {
          kind: "truncated",
          file: files.at(-1) ?? "",
          line: undefined,
          message: "lacks the entry of --last: it was shortened, or written anew.",
        },
      ];
  return {
    files,
    entries: entries.length,
    firstAt: entries[0]?.time,
    lastAt: entries.at(-1)?.time,
    head: head?.hash,
    runs: runsOf(entries, machine),
    defects: [...defects, ...missing],
    torn,
    gaps: entries.filter(({ event }) => event === "gap").length,
  };
}

/** Prints what was found; returns whether the trail is whole. */
export async function verify(options: VerifyOptions): Promise<boolean> {
  const report = await verifyTrails(options, thisMachine());
  process.stdout.write(
    options.output === "json"
      ? auditJson(report)
      : formatAudit(report, detectStyle(process.stdout, process.env)),
  );
  return report.defects.length === 0;
}

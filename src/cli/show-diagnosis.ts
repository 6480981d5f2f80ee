import type { Diagnosis } from "../model/diagnosis.ts";
import { ERRORS } from "../model/errors.ts";
import { diagnosisJson, formatDiagnosis } from "../report/diagnosis.ts";
import { detectStyle } from "../report/style.ts";

export const DIAGNOSIS_KINDS = ["table", "json"] as const;
export type DiagnosisKind = (typeof DIAGNOSIS_KINDS)[number];

/** Prints a diagnosis on stdout. */
export function showDiagnosis(diagnosis: Diagnosis, kind: DiagnosisKind): void {
  process.stdout.write(
    kind === "json"
      ? diagnosisJson(diagnosis)
      : formatDiagnosis(diagnosis, detectStyle(process.stdout, process.env)),
  );
}

/** Prints on stdout what `--clean` removed. */
export function showRemoved(removed: readonly string[], kind: DiagnosisKind): void {
  if (kind === "json") process.stdout.write(`${JSON.stringify({ removed })}\n`);
  else if (removed.length === 0) process.stdout.write("Nothing was left over.\n");
  else process.stdout.write(removed.map((one) => `Removed ${one}\n`).join(""));
}

/** 0 when shadowtap can mirror here, 77 when a permission is missing, 69 when something else is. */
export function diagnosisExitCode({ checks }: Diagnosis): number {
  const errors = checks.filter(({ result }) => result === "error");
  if (errors.length === 0) return 0;
  return errors.some(({ permission }) => permission === true)
    ? ERRORS.ST_PERMISSION.exitCode
    : ERRORS.ST_KERNEL_UNSUPPORTED.exitCode;
}

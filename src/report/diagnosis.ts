import type { Check, CheckResult, Diagnosis } from "../model/diagnosis.ts";
import { API_VERSION } from "../model/output.ts";
import { type Colour, paint, type Style, symbol } from "./style.ts";

const COLOURS: Readonly<Record<CheckResult, Colour>> = {
  ok: "green",
  warning: "yellow",
  error: "red",
  unknown: "dim",
};

function countOf(checks: readonly Check[], result: CheckResult): number {
  return checks.filter((check) => check.result === result).length;
}

function conclusion(checks: readonly Check[], style: Style): string {
  const [errors, warnings, unknown] = (["error", "warning", "unknown"] as const).map((result) =>
    countOf(checks, result),
  ) as [number, number, number];
  const rest = [
    ...(warnings > 0 ? [`${warnings} warning${warnings === 1 ? "" : "s"}`] : []),
    ...(unknown > 0 ? [`${unknown} not checked`] : []),
  ];
  const also = rest.length === 0 ? "" : ` (${rest.join(", ")})`;
  return errors > 0
    ? paint(
        style,
        "red",
        `${errors} error${errors === 1 ? "" : "s"}: shadowtap cannot mirror here yet${also}.`,
      )
    : paint(style, "green", `No error: shadowtap can mirror here${also}.`);
}

/** The checks under their categories, each with its symbol, what was found, and what to do about it. Ends with a line feed. */
export function formatDiagnosis({ checks }: Diagnosis, style: Style): string {
  const nameWidth = Math.max(0, ...checks.map(({ name }) => name.length));
  const lines: string[] = [];
  let category: string | undefined;
  for (const check of checks) {
    if (check.category !== category) {
      if (category !== undefined) lines.push("");
      category = check.category;
      lines.push(paint(style, "bold", category));
    }
    const mark = paint(style, COLOURS[check.result], symbol(style, check.result));
    lines.push(`  ${mark} ${check.name.padEnd(nameWidth)}  ${check.detail}`.trimEnd());
    if (check.hint !== undefined && check.result !== "ok")
      lines.push(`    ${" ".repeat(nameWidth)}  ${symbol(style, "arrow")} ${check.hint}`);
  }
  return `${lines.join("\n")}\n\n${conclusion(checks, style)}\n`;
}

/** The diagnosis as one JSON document, `kind` Diagnosis. Ends with a line feed. */
export function diagnosisJson({ checks }: Diagnosis): string {
  const document = {
    apiVersion: API_VERSION,
    kind: "Diagnosis",
    success: countOf(checks, "error") === 0,
    checks: checks.map(({ category, name, result, detail, hint }) => ({
      category,
      name,
      result,
      detail,
      hint: hint ?? null,
    })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

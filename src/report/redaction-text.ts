import type { Redaction, RefusalReason } from "../model/redaction.ts";
import { paint, type Style } from "./style.ts";
import { type Column, renderTable } from "./table.ts";
import { printable } from "./text.ts";

/** What a refusal means, for people. */
const REFUSED: Readonly<Record<RefusalReason, string>> = {
  unparsable: "The body is not what its Content-Type says, or its head leaves open what it is.",
  unknown_encoding: "Its Content-Encoding or charset cannot be undone.",
  unknown_content: "Nobody can look into a body of this type, or without a type.",
  too_large: "The body is longer than is read, as sent or decompressed.",
  too_deep: "The body is nested too deeply.",
  head_too_large: "The head became too long.",
  request_cut: "The body ended early.",
};

const COLUMNS: readonly Column[] = [
  { heading: "PLACE", align: "left" },
  { heading: "BY", align: "left" },
  { heading: "ACTION", align: "left" },
  { heading: "LENGTH", align: "right" },
  { heading: "AFTER", align: "right" },
];

/** What a policy did to one sample. */
interface Explained {
  readonly policyHash: string;
  readonly redactions: readonly Redaction[];
  readonly outcome:
    | { readonly kind: "sent" }
    | { readonly kind: "refused"; readonly reason: RefusalReason };
}

/** What was replaced, by what, and what becomes of the request; nothing of any value. */
export function formatExplanation(explained: Explained, style: Style): string {
  const { policyHash, redactions, outcome } = explained;
  const rows = redactions.map(({ place, by, action, lengthBefore, lengthAfter }) => [
    printable(place),
    by,
    action,
    String(lengthBefore),
    String(lengthAfter),
  ]);
  const table = rows.length === 0 ? [] : [...renderTable(COLUMNS, rows, style), ""];
  return [...table, outcomeLine(explained, style), `Policy ${policyHash}.`, ""].join("\n");

  function outcomeLine({ redactions: { length } }: Explained, on: Style): string {
    if (outcome.kind === "refused")
      return `${paint(on, "red", `Refused: ${outcome.reason}.`)} ${REFUSED[outcome.reason]}`;
    if (length === 0) return "Nothing is replaced: it is sent as it is.";
    return `${length} ${length === 1 ? "value is" : "values are"} replaced.`;
  }
}

import { formatCount } from "./quantity.ts";
import { type Colour, paint, type Style } from "./style.ts";

/** One row of a table for people: a label, a number, and what it means. Without value and note it is a heading. */
export interface Row {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
  readonly colour?: Colour;
}

/** One row for every reason that occurred. */
export function reasonRows(
  name: string,
  counts: Readonly<Record<string, number>>,
  advice: Readonly<Record<string, string>>,
  colour?: Colour,
): Row[] {
  return Object.entries(counts).flatMap(([reason, count]) =>
    countRow(`${name} ${reason}`, count, advice[reason] ?? "", colour),
  );
}

/** A row for a number that is worth a line only when it is not zero. */
export function countRow(label: string, count: number, note: string, colour?: Colour): Row[] {
  return count > 0
    ? [{ label: `  ${label}`, value: formatCount(count), note, ...(colour && { colour }) }]
    : [];
}

/** The rows as aligned lines, without a line feed at the end. Headings may be wider than the column of labels. */
export function renderRows(rows: readonly Row[], style: Style): string {
  const aligned = rows.filter(({ value, note }) => value !== "" || note !== undefined);
  const labelWidth = Math.max(0, ...aligned.map(({ label }) => label.length));
  const valueWidth = Math.max(0, ...aligned.map(({ value }) => value.length));
  return rows
    .map(({ label, value, note, colour }) => {
      const head =
        value === "" && note === undefined
          ? label
          : `${label.padEnd(labelWidth)}  ${value.padStart(valueWidth)}`;
      const painted = colour === undefined ? head : paint(style, colour, head);
      return `  ${note ? `${painted}  ${note}` : painted}`.trimEnd();
    })
    .join("\n");
}

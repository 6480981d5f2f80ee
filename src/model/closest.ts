/** Optimal string alignment: insertions, deletions, replacements, and neighbours that changed places. */
function distance(left: string, right: string): number {
  const rows: number[][] = [];
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let row = 0; row <= left.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= right.length; column++) {
      if (row === 0) {
        rows[0]?.push(column);
        continue;
      }
      const same = left[row - 1] === right[column - 1];
      let best = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (same ? 0 : 1),
      );
      if (left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1])
        best = Math.min(best, at(row - 2, column - 2) + 1);
      rows[row]?.push(best);
    }
  }
  return at(left.length, right.length);
}

/** Nobody mistypes a longer word into one of ours; comparing takes length times length. */
const LONGEST = 64;

/** The candidate that was probably meant, if one is close enough: a third of its letters may be wrong. */
export function closest(typed: string, candidates: readonly string[]): string | undefined {
  if (typed.length > LONGEST) return undefined;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const away = distance(typed, candidate);
    if (away < bestDistance && away <= Math.max(1, candidate.length / 3)) {
      best = candidate;
      bestDistance = away;
    }
  }
  return best;
}

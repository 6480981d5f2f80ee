import type { AuditDefect, AuditDefectKind } from "../../model/audit.ts";
import { NO_PREV } from "./chain.ts";
import type { DamagedLine, PlacedEntry, TrailItem } from "./read-trail.ts";

/** What a walk along the chain came to. */
export interface Walk {
  readonly defects: readonly AuditDefect[];
  /** The entry that the chain ends with. */
  readonly head: PlacedEntry | undefined;
}

/**
 * Walks along the chain and says where it is broken. Every break is found; what it is called is the simplest deed that explains it, since
 * whoever can write the file can also make hashes anew.
 */
export function walkChain(items: readonly TrailItem[]): Walk {
  const entries = items.filter((item) => item.kind === "entry");
  // Backwards, so that of an entry that is repeated the first one counts.
  const placeOf = new Map(entries.map((entry, index) => [entry.hash, index] as const).reverse());
  const defects: AuditDefect[] = [];
  const report = (kind: AuditDefectKind, { file, line }: Place, message: string) =>
    void defects.push({ kind, file, line, message });

  /** Entries that were accepted, in the order of the chain. */
  let chain: PlacedEntry[] = [];
  let accepted = new Set<PlacedEntry>();
  /** By the hash that they follow: entries that stand before the one they belong behind. */
  let early = new Map<string, PlacedEntry>();
  let displaced = new Set<PlacedEntry>();
  let damaged: DamagedLine[] = [];

  const last = () => chain.at(-1);
  const follows = (entry: PlacedEntry) =>
    entry.prev === (last()?.hash ?? NO_PREV) && entry.seq === (last()?.seq ?? 0) + 1;
  /** Entries that stood too early have their turn as soon as the one before them is there. */
  const accept = (entry: PlacedEntry) => {
    for (let next: PlacedEntry | undefined = entry; next !== undefined; ) {
      chain.push(next);
      accepted.add(next);
      displaced.delete(next);
      const { hash, seq }: PlacedEntry = next;
      const waiting = early.get(hash);
      early.delete(hash);
      next = waiting?.seq === seq + 1 ? waiting : undefined;
    }
  };
  const putAside = (entry: PlacedEntry) => {
    displaced.add(entry);
    early.set(entry.prev, entry);
  };
  const settleDamage = (kind: "changed" | "inserted") => {
    for (const line of damaged)
      if (kind === "inserted")
        report("inserted", line, "is no entry, and those around it follow each other.");
      else report("changed", line, "is not what its hash says, or is no entry.");
    damaged = [];
  };

  const judge = (entry: PlacedEntry, index: number) => {
    const due = (last()?.seq ?? 0) + 1;
    const known = placeOf.get(entry.prev);
    const predecessor = known === undefined ? undefined : entries[known];
    if (placeOf.get(entry.hash) !== index)
      return report("inserted", entry, `repeats entry ${entry.seq}.`);
    if (predecessor !== undefined && (known ?? 0) > index) {
      putAside(entry);
      return report("reordered", entry, `stands before ${nameOf(predecessor)}, which it follows.`);
    }
    // It stands where it belongs, behind one that does not.
    if (predecessor !== undefined && displaced.has(predecessor)) return putAside(entry);
    if (
      predecessor !== undefined &&
      accepted.has(predecessor) &&
      entry.seq === predecessor.seq + 1
    ) {
      const between = chain.splice(chain.indexOf(predecessor) + 1);
      for (const one of between) accepted.delete(one);
      for (const one of between)
        report("inserted", one, `was put between ${nameOf(predecessor)} and ${nameOf(entry)}.`);
      return accept(entry);
    }
    if (entry.seq > due) {
      report("removed", entry, `follows entries that are missing: ${rangeOf(due, entry.seq - 1)}.`);
      return accept(entry);
    }
    if (entry.seq < due)
      return report(
        "inserted",
        entry,
        `follows nothing that is here, and calls itself entry ${entry.seq}.`,
      );
    const before = last();
    if (before === undefined)
      report("removed", entry, "begins a chain, and says that something was before it.");
    else
      report("replaced", before, `is not what ${nameOf(entry)} followed: its hash was made anew.`);
    accept(entry);
  };

  let index = -1;
  for (const item of items) {
    if (item.kind === "missing_piece") {
      report("removed", item, "tells of a line that was cut off before it, which is missing.");
      continue;
    }
    if (item.kind !== "entry") {
      if (item.kind === "cut")
        report("cut", item, "has no end: its writer was stopped, or the file shortened.");
      else damaged.push(item);
      continue;
    }
    index++;
    const begins = item.seq === 1 && item.prev === NO_PREV;
    if (item.isFirst && (begins || (last() !== undefined && !follows(item)))) {
      settleDamage("changed");
      if (!begins) report("removed", item, "does not follow the file before, and begins no chain.");
      chain = [];
      accepted = new Set();
      early = new Map();
      displaced = new Set();
      accept(item);
    } else if (follows(item)) {
      settleDamage("inserted");
      accept(item);
    } else if (damaged.length > 0) {
      const missing = item.seq - (last()?.seq ?? 0) - 1;
      const lost = missing - damaged.length;
      settleDamage("changed");
      if (missing < 1) judge(item, index);
      else {
        if (lost > 0) report("removed", item, `follows ${lost} entries that are missing.`);
        accept(item);
      }
    } else judge(item, index);
  }
  settleDamage("changed");
  return { defects, head: last() };
}

interface Place {
  readonly file: string;
  readonly line: number;
}

function nameOf({ line, seq }: PlacedEntry): string {
  return `entry ${seq} in line ${line}`;
}

function rangeOf(first: number, last: number): string {
  return first === last ? `${first}` : `${first} to ${last}`;
}

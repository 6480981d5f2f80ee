import { createReadStream } from "node:fs";
import { codeOf, ShadowtapError } from "../../model/errors.ts";
import { type ReadEntry, readLine, sha256 } from "./chain.ts";

/** Where a line stands. */
interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** An entry in its file; those that begin a file may begin a chain. */
export interface PlacedEntry extends Place, ReadEntry {
  readonly kind: "entry";
  readonly hash: string;
  readonly isFirst: boolean;
}

/** A line that is no entry. `cut`: the last one of a file, without an end. */
export interface DamagedLine extends Place {
  readonly kind: "changed" | "cut";
}

/** What an entry says that it has set aside, and is not there. */
interface MissingPiece extends Place {
  readonly kind: "missing_piece";
}

export type TrailItem = PlacedEntry | DamagedLine | MissingPiece;

export interface ReadTrail {
  readonly items: readonly TrailItem[];
  readonly torn: number;
}

const LINE_FEED = 0x0a;
/** No entry is longer: what is, is no trail. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** The lines of a file, the last one perhaps without its line feed. `-`: stdin. */
async function* linesOf(file: string): AsyncGenerator<{ bytes: Buffer; isEnded: boolean }> {
  const source: AsyncIterable<Buffer> = file === "-" ? process.stdin : createReadStream(file);
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      yield { bytes: Buffer.concat([...parts, chunk.subarray(from, at)]), isEnded: true };
      parts = [];
      length = 0;
      from = at + 1;
    }
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > MAX_LINE_BYTES)
      throw unreadable(file, `holds a line of more than ${MAX_LINE_BYTES / 1024 ** 2} MiB`);
  }
  if (length > 0) yield { bytes: Buffer.concat(parts), isEnded: false };
}

/** Reads trails one after the other. Rejects with ST_FILE_UNREADABLE. */
export async function readTrails(files: readonly string[]): Promise<ReadTrail> {
  const items: TrailItem[] = [];
  let torn = 0;
  for (const file of files) {
    try {
      torn += await readTrail(file, items);
    } catch (error) {
      if (error instanceof ShadowtapError) throw error;
      throw unreadable(file, `cannot be read (${codeOf(error)})`, error);
    }
  }
  return { items, torn };
}

/** Appends what a file holds; returns how many pieces an entry has set aside. */
async function readTrail(file: string, items: TrailItem[]): Promise<number> {
  let isFirst = true;
  let torn = 0;
  let number = 0;
  /** Lines that do not end as entries do; what follows says whether that is all right. */
  let pieces: { readonly line: number; readonly bytes: Buffer }[] = [];
  const giveUp = () => {
    for (const { line } of pieces) items.push({ kind: "changed", file, line });
    pieces = [];
  };
  for await (const { bytes, isEnded } of linesOf(file)) {
    const line = ++number;
    const read = readLine(bytes);
    if (read.kind === "partial" && isEnded) pieces.push({ line, bytes });
    else if (read.kind !== "entry") {
      giveUp();
      items.push({ kind: isEnded ? "changed" : "cut", file, line });
    } else {
      const isSettled = read.event === "torn" && isPieceOf(pieces, read.data);
      if (isSettled) {
        torn++;
        pieces = [];
      } else if (read.event === "torn" && pieces.length === 0)
        items.push({ kind: "missing_piece", file, line });
      giveUp();
      items.push({ ...read, file, line, isFirst });
      isFirst = false;
      if (!isEnded) items.push({ kind: "cut", file, line });
    }
  }
  giveUp();
  return torn;
}

function isPieceOf(
  pieces: readonly { readonly bytes: Buffer }[],
  data: Readonly<Record<string, unknown>>,
): boolean {
  if (pieces.length === 0) return false;
  const bytes = Buffer.from(pieces.map((one) => one.bytes.toString("latin1")).join("\n"), "latin1");
  return data["bytes"] === bytes.length && data["sha256"] === sha256(bytes);
}

function unreadable(file: string, how: string, cause?: unknown): ShadowtapError {
  const name = file === "-" ? "What was given on stdin" : `The audit trail ${file}`;
  return new ShadowtapError(
    "ST_FILE_UNREADABLE",
    `${name} ${how}.`,
    ["Name the file that --audit-file named; its owner and root may read it."],
    cause,
  );
}

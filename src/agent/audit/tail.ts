import type { FileHandle } from "node:fs/promises";
import { ShadowtapError } from "../../model/errors.ts";
import { type AuditLink, NO_PREV, readLine } from "./chain.ts";

const LINE_FEED = 0x0a;
const FIRST_WINDOW_BYTES = 64 * 1024;
/** No entry is longer, nor is what is left of one that was cut off. */
const MAX_TAIL_BYTES = 16 * 1024 * 1024;
/** How a chain begins; what is left of a first entry that was cut off agrees with it as far as it goes. */
const BEGINNING = Buffer.from('{"seq":1,"time":"');

/** The end of a trail: where the next entry has its place. */
export interface Tail {
  /** Of the file as it was read. */
  readonly size: number;
  /** `seq` and `prev` of the next entry. */
  readonly next: AuditLink;
  /** The last entry lacks its line feed. */
  readonly isOpen: boolean;
  /** What stands behind the last entry, without a line feed at its end: cut off while it was written. */
  readonly torn: Buffer;
  readonly isTornOpen: boolean;
}

/** Finds the last entry. Rejects with ST_AUDIT_BROKEN when what stands at the end has been changed, or was never a trail. */
export async function readTail(file: FileHandle, path: string): Promise<Tail> {
  const { size } = await file.stat();
  for (let bytes = Math.min(size, FIRST_WINDOW_BYTES); ; bytes = Math.min(size, bytes * 4)) {
    const window = await readAt(file, size - bytes, bytes);
    const found = findEntry(window, path, bytes === size);
    if (found !== undefined) return { size, ...found };
    if (bytes === size) return { size, ...emptyChain(window, path) };
    if (bytes >= MAX_TAIL_BYTES)
      throw broken(path, `holds no entry in its last ${MAX_TAIL_BYTES / 1024 ** 2} MiB`);
  }
}

/** Looks for the last entry backwards from the end of these bytes. */
function findEntry(window: Buffer, path: string, isWhole: boolean): Omit<Tail, "size"> | undefined {
  let end = window.length;
  while (end > 0) {
    const isOpen = window[end - 1] !== LINE_FEED;
    const lineEnd = isOpen ? end : end - 1;
    const start = lineEnd === 0 ? 0 : window.lastIndexOf(LINE_FEED, lineEnd - 1) + 1;
    // Its beginning is not in sight.
    if (start === 0 && !isWhole) return undefined;
    const read = readLine(window.subarray(start, lineEnd));
    if (read.kind === "changed") throw broken(path, "ends with a line that has been changed");
    if (read.kind === "entry")
      return {
        next: { seq: read.seq + 1, prev: read.hash },
        isOpen,
        ...tornPart(window.subarray(end)),
      };
    end = start;
  }
  return undefined;
}

function tornPart(bytes: Buffer): Pick<Tail, "torn" | "isTornOpen"> {
  const isTornOpen = bytes.length > 0 && bytes[bytes.length - 1] !== LINE_FEED;
  return {
    torn: isTornOpen || bytes.length === 0 ? bytes : bytes.subarray(0, -1),
    isTornOpen,
  };
}

function emptyChain(bytes: Buffer, path: string): Omit<Tail, "size"> {
  const length = Math.min(bytes.length, BEGINNING.length);
  if (bytes.compare(BEGINNING, 0, length, 0, length) !== 0) throw broken(path, "holds no entry");
  return { next: { seq: 1, prev: NO_PREV }, isOpen: false, ...tornPart(bytes) };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(buffer, read, length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}

function broken(path: string, how: string): ShadowtapError {
  return new ShadowtapError(
    "ST_AUDIT_BROKEN",
    `The audit trail ${path} cannot be continued: it ${how}.`,
    [
      `Run \`shadowtap audit verify ${path}\` for what is wrong, and keep the file as it is.`,
      "Name another file with --audit-file: it begins a chain of its own.",
    ],
  );
}

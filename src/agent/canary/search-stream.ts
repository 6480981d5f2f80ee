import { createMatcher } from "./matcher.ts";
import { type Form, needlesOf } from "./needles.ts";
import { undoEncodings } from "./plain-view.ts";

/** Something that was looked for, where it begins. */
export interface Hit {
  /** Which of the texts. */
  readonly index: number;
  readonly form: Form;
  /** Percent-encoding or escapes had to be undone. */
  readonly isEncoded: boolean;
  /** From the beginning of the stream. */
  readonly offset: number;
}

export type Compression = "gzip" | "zstd";

/** What a stream is looked through for. */
export interface SearchSinks {
  hit(hit: Hit): void;
  /** Here may begin something compressed. */
  compressed(kind: Compression, offset: number): void;
}

/** Looks through one stream, piece by piece. */
export interface StreamSearch {
  push(piece: Uint8Array): void;
}

/** Pieces overlap by so much: the longest text in every form, each character escaped, twice over. */
const OVERLAP_BYTES = 64 * 1024;
/** Encodings within encodings are undone so often. */
const MAX_ENCODINGS = 3;

const MAGIC = [
  { kind: "gzip", bytes: Buffer.from([0x1f, 0x8b, 0x08]) },
  { kind: "zstd", bytes: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) },
] as const;

/** Prepares to look for texts; makes a search for each stream. */
export function createSearch(texts: readonly string[]): (sinks: SearchSinks) => StreamSearch {
  const patterns = [
    ...needlesOf(texts).map((needle) => ({ ...needle, kind: "needle" as const })),
    ...MAGIC,
  ];
  const matcher = createMatcher<(typeof patterns)[number]>(patterns);

  return (sinks) => {
    let carry: Uint8Array = new Uint8Array(0);
    let carryStart = 0;
    // What was found in this piece and in the one before: views and overlaps show the same again.
    let known = new Set<string>();
    let knownBefore = known;

    function found(index: number, form: Form, offset: number, isEncoded: boolean): void {
      const key = `${index} ${form} ${offset}`;
      if (known.has(key) || knownBefore.has(key)) return;
      known.add(key);
      sinks.hit({ index, form, isEncoded, offset });
    }

    function look(window: Uint8Array, place: (offset: number) => number, depth: number): void {
      matcher.scan(window, (pattern, start, end) => {
        if (place(end) <= carry.length) return;
        const offset = carryStart + place(start);
        if (pattern.kind === "needle") found(pattern.index, pattern.form, offset, depth > 0);
        else if (depth === 0) sinks.compressed(pattern.kind, offset);
      });
      const view = depth === MAX_ENCODINGS ? undefined : undoEncodings(window);
      if (view !== undefined) look(view.bytes, (offset) => place(view.at[offset] ?? 0), depth + 1);
    }

    return {
      push(piece) {
        const window = carry.length === 0 ? piece : Buffer.concat([carry, piece]);
        knownBefore = known;
        known = new Set();
        look(window, (offset) => offset, 0);
        const start = Math.max(0, window.length - OVERLAP_BYTES);
        carryStart += start;
        carry = new Uint8Array(window.subarray(start));
      },
    };
  };
}

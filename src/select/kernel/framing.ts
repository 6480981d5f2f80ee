import { anyOf, type ByteSet, inAnyCase } from "./byte-set.ts";
import type { FieldEffect, PatternGraph } from "./pattern-graph.ts";

/** Where in a request's head the scan is, as far as it matters for where the request ends. */
export const Frame = {
  method: 0,
  targetStart: 1,
  target: 2,
  /** `version + i`: i characters of `HTTP/1.x` have come. */
  version: 3,
  /** A CR has come that ends a line. */
  lineEnd: 12,
  lineStart: 13,
  name: 14,
  value: 15,
  /** Blanks before the digits of Content-Length; the digits; blanks behind them. */
  lengthStart: 16,
  lengthDigit: 17,
  lengthEnd: 18,
  /** The CR of the empty line has come. */
  headCr: 19,
  headEnd: 20,
  undecidable: 21,
} as const;

const VERSION = "HTTP/1.";
const HT = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
const COLON = 0x3a;

function isControl(byte: number): boolean {
  return (byte < SP && byte !== HT && byte !== CR && byte !== LF) || byte === 0x7f;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

const FIELD_EFFECTS: readonly (readonly [name: string, effect: FieldEffect])[] = [
  ["content-length", "length"],
  ["transfer-encoding", "undecidable"],
  ["upgrade", "undecidable"],
  ["expect", "undecidable"],
];

/**
 * The bytes that must be told apart for the framing to be exact, those of the fields' names included: `frameAfter` treats bytes
 * alike that are in the same of these sets.
 */
export const FRAMING_SETS: readonly ByteSet[] = [
  ...[..." \t\r\n:./1HTP"].map((character) => anyOf(character)),
  anyOf("0123456789"),
  anyOf("01"),
  controls(),
  ...[...FIELD_EFFECTS.map(([name]) => name).join("")].map((letter) =>
    inAnyCase(letter.charCodeAt(0)),
  ),
];

function controls(): ByteSet {
  const characters: string[] = [];
  for (let byte = 0; byte < 256; byte++)
    if (isControl(byte)) characters.push(String.fromCharCode(byte));
  return anyOf(characters.join(""));
}

/**
 * The frame after a byte. Whatever is not plainly a request of known length is undecidable, and remains so: what decode would
 * refuse or read otherwise, it must see. `effect` is what the field name does that ends with this colon.
 */
export function frameAfter(frame: number, byte: number, effect: FieldEffect): number {
  if (isControl(byte)) return Frame.undecidable;
  if (frame >= Frame.version && frame < Frame.lineEnd) return afterVersion(frame, byte);
  switch (frame) {
    case Frame.method:
      if (byte === SP) return Frame.targetStart;
      return isLineByte(byte) ? Frame.method : Frame.undecidable;
    case Frame.targetStart:
      return isLineByte(byte) ? Frame.target : Frame.undecidable;
    case Frame.target:
      if (byte === SP) return Frame.version;
      return isLineByte(byte) ? Frame.target : Frame.undecidable;
    case Frame.lineEnd:
      return byte === LF ? Frame.lineStart : Frame.undecidable;
    case Frame.lineStart:
      if (byte === CR) return Frame.headCr;
      return isLineByte(byte) && byte !== COLON ? Frame.name : Frame.undecidable;
    case Frame.name:
      if (byte === COLON) return afterName(effect);
      return isLineByte(byte) ? Frame.name : Frame.undecidable;
    case Frame.value:
      if (byte === CR) return Frame.lineEnd;
      return byte === LF ? Frame.undecidable : Frame.value;
    case Frame.lengthStart:
    case Frame.lengthDigit:
    case Frame.lengthEnd:
      return afterLength(frame, byte);
    case Frame.headCr:
      return byte === LF ? Frame.headEnd : Frame.undecidable;
    default:
      return Frame.undecidable;
  }
}

/** Neither blank nor end of line. */
function isLineByte(byte: number): boolean {
  return byte !== SP && byte !== HT && byte !== CR && byte !== LF;
}

function afterVersion(frame: number, byte: number): number {
  const at = frame - Frame.version;
  const isExpected =
    at < VERSION.length
      ? byte === VERSION.charCodeAt(at)
      : at === VERSION.length
        ? byte === 0x30 || byte === 0x31
        : byte === CR;
  // The frame behind the last one of the version is `lineEnd`.
  return isExpected ? frame + 1 : Frame.undecidable;
}

function afterName(effect: FieldEffect): number {
  if (effect === "none") return Frame.value;
  return effect === "length" ? Frame.lengthStart : Frame.undecidable;
}

function afterLength(frame: number, byte: number): number {
  if (byte === SP || byte === HT)
    return frame === Frame.lengthStart ? Frame.lengthStart : Frame.lengthEnd;
  if (byte === CR && frame !== Frame.lengthStart) return Frame.lineEnd;
  return isDigit(byte) && frame !== Frame.lengthEnd ? Frame.lengthDigit : Frame.undecidable;
}

/** Enters the field names in the graph that frame a request. */
export function drawFramingFields(graph: PatternGraph): void {
  for (const [name, effect] of FIELD_EFFECTS) {
    const end = graph.literalInAnyCase(graph.field, name);
    graph.setEffect(graph.step(end, inAnyCase(COLON)), effect);
  }
}

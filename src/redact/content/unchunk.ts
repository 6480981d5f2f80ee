import type { RefusalReason } from "../../model/redaction.ts";

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Sizes beyond are no safe integers. */
const MAX_SIZE_DIGITS = 13;

/**
 * The content of a whole chunked body that stands in `bytes[start … end)`, RFC 9112 section 7.1. Extensions and trailers are dropped:
 * nothing looks into them, so nothing of them may pass.
 */
export function unchunk(bytes: Uint8Array, start: number, end: number): Uint8Array | RefusalReason {
  const content = new Uint8Array(Math.max(0, end - start));
  let length = 0;
  let at = start;
  for (;;) {
    let size = 0;
    let digits = 0;
    for (let digit = hexDigit(bytes, at, end); digit >= 0; digit = hexDigit(bytes, ++at, end)) {
      size = size * 16 + digit;
      digits++;
    }
    if (digits === 0 || digits > MAX_SIZE_DIGITS) return at < end ? "unparsable" : "request_cut";
    at = lineEnd(bytes, at, end);
    if (at < 0) return at === CUT ? "request_cut" : "unparsable";
    if (size === 0) break;
    if (end - at < size + 2) return "request_cut";
    content.set(bytes.subarray(at, at + size), length);
    length += size;
    at += size;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return "unparsable";
    at += 2;
  }
  const past = trailersEnd(bytes, at, end);
  if (past === CUT) return "request_cut";
  return past === end ? content.subarray(0, length) : "unparsable";
}

const CUT = -1;
const MALFORMED = -2;

/** End of the line that a size stands in, extensions passed over, quoted line feeds none of its. */
function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  let isQuoted = false;
  if (start < end && bytes[start] !== CR && bytes[start] !== SEMICOLON) return MALFORMED;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (isQuoted && byte === BACKSLASH) at++;
    else if (byte === QUOTE) isQuoted = !isQuoted;
    else if (byte === LF) return MALFORMED;
    else if (byte === CR) {
      if (at + 1 >= end) return CUT;
      return bytes[at + 1] === LF && !isQuoted ? at + 2 : MALFORMED;
    }
  }
  return CUT;
}

/** End of the trailers, behind the empty line. */
function trailersEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let line = start; ; ) {
    const feed = bytes.indexOf(LF, line);
    if (feed < 0 || feed >= end) return CUT;
    if (bytes[feed - 1] !== CR) return MALFORMED;
    if (feed === line + 1) return feed + 1;
    line = feed + 1;
  }
}

function hexDigit(bytes: Uint8Array, at: number, end: number): number {
  const byte = at < end ? (bytes[at] ?? 0) : 0;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

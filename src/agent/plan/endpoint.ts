import { isPlainMethod, OTHER_METHODS, type RequestView } from "../../model/request.ts";

const SLASH = 0x2f;
const COLON = 0x3a;
const DOT = 0x2e;
const DASH = 0x2d;
const QUERY = 0x3f;

/** Of a path, this much tells endpoints apart; it also bounds what is kept of each. */
const MAX_PATH_BYTES = 256;
/** Letters and digits mixed over this length are nobody's word. */
const MIN_ID_RUN = 12;
const MIN_HEX_ID = 16;
const UUID_BYTES = 36;
const MAX_EXTENSION_BYTES = 5;

const OTHER = 0;
const DIGIT = 1;
const HEX_LETTER = 2;
const LETTER = 3;
/** What stands between the parts of a number, a date or an id. */
const SEPARATOR = 4;

const CLASSES = new Uint8Array(256);
for (const character of "0123456789") CLASSES[character.charCodeAt(0)] = DIGIT;
for (const character of "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ")
  CLASSES[character.charCodeAt(0)] = LETTER;
for (const character of "abcdefABCDEF") CLASSES[character.charCodeAt(0)] = HEX_LETTER;
for (const character of "-_.,:~%+=") CLASSES[character.charCodeAt(0)] = SEPARATOR;

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.latin1Slice.call(bytes, start, end);
}

function isUuid(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== UUID_BYTES) return false;
  for (let at = start; at < end; at++) {
    const offset = at - start;
    const isDash = offset === 8 || offset === 13 || offset === 18 || offset === 23;
    const byte = bytes[at] as number;
    const kind = CLASSES[byte] as number;
    if (isDash ? byte !== DASH : kind !== DIGIT && kind !== HEX_LETTER) return false;
  }
  return true;
}

/** `{n}` for a number or a date, `{id}` for what looks like an id, undefined for a word. */
function placeholder(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (isUuid(bytes, start, end)) return "{id}";
  let digits = 0;
  let letters = 0;
  let isHex = true;
  let hasId = false;
  let runStart = start;
  let runDigits = 0;
  for (let at = start; at <= end; at++) {
    const kind = at === end ? SEPARATOR : (CLASSES[bytes[at] as number] as number);
    if (kind === OTHER) return undefined;
    if (kind === SEPARATOR) {
      const length = at - runStart;
      if (length >= MIN_ID_RUN && runDigits > 0 && runDigits < length) hasId = true;
      if (at < end) isHex = false;
      runStart = at + 1;
      runDigits = 0;
    } else if (kind === DIGIT) {
      digits++;
      runDigits++;
    } else {
      letters++;
      if (kind === LETTER) isHex = false;
    }
  }
  if (digits > 0 && letters === 0) return "{n}";
  return hasId || (isHex && end - start >= MIN_HEX_ID) ? "{id}" : undefined;
}

/** Where a segment's file extension begins, dot included; `end` if it has none. */
function extensionStart(bytes: Uint8Array, start: number, end: number): number {
  let letters = 0;
  for (let at = end - 1; at > start && end - at <= MAX_EXTENSION_BYTES + 1; at--) {
    const kind = CLASSES[bytes[at] as number] as number;
    if (bytes[at] === DOT) return letters > 0 ? at : end;
    if (kind === LETTER || kind === HEX_LETTER) letters++;
    else if (kind !== DIGIT) return end;
  }
  return end;
}

/** Where the path of a request target begins: behind the authority in absolute form (RFC 9112 section 3.2.2). */
function pathStart(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] === SLASH) return start;
  for (let at = start; at + 2 < end && bytes[at] !== QUERY; at++) {
    if (bytes[at] !== COLON || bytes[at + 1] !== SLASH || bytes[at + 2] !== SLASH) continue;
    for (let path = at + 3; path < end; path++) if (bytes[path] === SLASH) return path;
    return end;
  }
  return start;
}

/** The path with `{n}` and `{id}` for what differs from one thing to the next; nothing of the query. */
function normalisedPath(bytes: Uint8Array, targetStart: number, targetEnd: number): string {
  const start = pathStart(bytes, targetStart, targetEnd);
  const limit = Math.min(targetEnd, start + MAX_PATH_BYTES);
  let path = "";
  /** What is before it stands in `path`. */
  let copied = start;
  let segment = start;
  let at = start;
  for (; ; at++) {
    const byte = at < limit ? (bytes[at] as number) : QUERY;
    if (byte !== SLASH && byte !== QUERY) continue;
    // A segment that was cut off may be the beginning of anything.
    const isCut = at === limit && limit < targetEnd && bytes[at] !== SLASH && bytes[at] !== QUERY;
    if (at > segment && !isCut) {
      const stem = extensionStart(bytes, segment, at);
      const found = placeholder(bytes, segment, stem);
      if (found !== undefined) {
        path += latin1(bytes, copied, segment) + found;
        copied = stem;
      }
    }
    if (isCut) return `${path}${latin1(bytes, copied, segment)}\u2026`;
    if (byte === QUERY) return path + latin1(bytes, copied, at);
    segment = at + 1;
  }
}

/** Method and path of a request as one endpoint among few: `GET /users/{n}/orders`. A microsecond or less. */
export function endpointOf({ method, bytes, targetStart, targetEnd }: RequestView): string {
  const verb = isPlainMethod(method) ? method : OTHER_METHODS;
  return `${verb} ${normalisedPath(bytes, targetStart, targetEnd) || "/"}`;
}

import { indexOfByte } from "./bytes.ts";

const SLASH = 0x2f;
const COLON = 0x3a;
const QUESTION = 0x3f;
const STAR = 0x2a;

/** Where the authority of an absolute form begins, `http://here`; -1 for every other form. */
function absoluteAuthority(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + 2 < end; at++) {
    const byte = bytes[at];
    if (byte === COLON) return bytes[at + 1] === SLASH && bytes[at + 2] === SLASH ? at + 3 : -1;
    if (byte === SLASH || byte === QUESTION) return -1;
  }
  return -1;
}

/** End of an authority that begins at `start`: there the path begins, or the query, or nothing follows. */
function authorityEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== SLASH && bytes[at] !== QUESTION) at++;
  return at;
}

/**
 * Where the path of the request target `bytes[start … end)` begins (RFC 9112 section 3.2): at its start in origin form,
 * behind the authority in absolute form, where it may be empty. The asterisk and authority forms are their own path.
 */
export function pathStart(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] === SLASH) return start;
  const authority = absoluteAuthority(bytes, start, end);
  return authority < 0 ? start : authorityEnd(bytes, authority, end);
}

/** Where the path ends that begins at `start`: before the query. */
export function pathEnd(bytes: Uint8Array, start: number, end: number): number {
  return indexOfByte(bytes, QUESTION, start, end);
}

/** Whether a path that has gone on to `at` ends there. */
export function endsPath(bytes: Uint8Array, at: number, end: number): boolean {
  return at === end || bytes[at] === QUESTION;
}

/** First byte of the query, behind the question mark; `end` when there is none. */
export function queryStart(bytes: Uint8Array, start: number, end: number): number {
  return Math.min(end, indexOfByte(bytes, QUESTION, start, end) + 1);
}

/** Calls `test` with the target's authority, of the absolute or the authority form; undefined when it has none. */
export function testAuthority(
  bytes: Uint8Array,
  start: number,
  end: number,
  test: (bytes: Uint8Array, start: number, end: number) => boolean,
): boolean | undefined {
  const first = bytes[start];
  if (first === SLASH || first === STAR) return undefined;
  const authority = absoluteAuthority(bytes, start, end);
  if (authority < 0) return test(bytes, start, end);
  return test(bytes, authority, authorityEnd(bytes, authority, end));
}

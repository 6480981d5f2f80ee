const STAR = 0x2a;
const ANY = 0x3f;
const SLASH = 0x2f;
const COLON = 0x3a;
const QUERY = 0x3f;

/** Whether the request target `bytes[start … end)` matches. Reads the bytes in place and allocates nothing. */
export type TargetMatcher = (bytes: Uint8Array, start: number, end: number) => boolean;

/**
 * Where the path of a request target begins (RFC 9112 section 3.2): at its start in origin form, behind the authority in
 * absolute form. The asterisk and authority forms are their own path.
 */
function pathStart(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] === SLASH) return start;
  for (let at = start; at + 2 < end; at++) {
    if (bytes[at] === COLON && bytes[at + 1] === SLASH && bytes[at + 2] === SLASH) {
      const path = bytes.indexOf(SLASH, at + 3);
      return path < 0 || path > end ? end : path;
    }
    if (bytes[at] === QUERY) return start;
  }
  return start;
}

function pathEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === QUERY) return at;
  return end;
}

/** True when `bytes[start …)` begins with `pattern[from … to)`, where `?` stands for any byte. */
function matchesAt(
  pattern: Uint8Array,
  from: number,
  to: number,
  bytes: Uint8Array,
  start: number,
): boolean {
  for (let i = from; i < to; i++) {
    if (pattern[i] !== ANY && pattern[i] !== bytes[start + i - from]) return false;
  }
  return true;
}

/** Matches the whole of `bytes[start … end)`; a mismatch goes back to the last star only, so time is length times length. */
function matchGlob(pattern: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  let p = 0;
  let starAt = -1;
  let resumeAt = start;
  while (at < end) {
    if (p < pattern.length && pattern[p] === STAR) {
      starAt = p++;
      resumeAt = at;
    } else if (p < pattern.length && (pattern[p] === ANY || pattern[p] === bytes[at])) {
      p++;
      at++;
    } else if (starAt >= 0) {
      p = starAt + 1;
      at = ++resumeAt;
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern[p] === STAR) p++;
  return p === pattern.length;
}

/**
 * Compiles `--path`. `*` is any run of characters, slashes included; `?` is one character; everything else is itself.
 * Compared byte by byte with the path as it was sent: case counts, percent-encoding is not undone, the query is left out.
 */
export function compilePathGlob(pattern: string): TargetMatcher {
  const wanted = new TextEncoder().encode(pattern);
  const firstStar = wanted.indexOf(STAR);
  if (wanted.length > 0 && wanted.every((byte) => byte === STAR)) return () => true;

  if (firstStar < 0) {
    return (bytes, start, end) => {
      const from = pathStart(bytes, start, end);
      const to = pathEnd(bytes, from, end);
      return to - from === wanted.length && matchesAt(wanted, 0, wanted.length, bytes, from);
    };
  }
  // `/api/*` is what nearly everybody writes: no need to look for the end of the path beyond the prefix's length.
  if (firstStar === wanted.length - 1 && !wanted.includes(ANY)) {
    return (bytes, start, end) => {
      const from = pathStart(bytes, start, end);
      return end - from >= firstStar && matchesAt(wanted, 0, firstStar, bytes, from);
    };
  }
  return (bytes, start, end) => {
    const from = pathStart(bytes, start, end);
    return matchGlob(wanted, bytes, from, pathEnd(bytes, from, end));
  };
}

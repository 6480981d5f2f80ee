import { type BytesTest, latin1Bytes, standsAt } from "./bytes.ts";

const STAR = 0x2a;
const ANY = 0x3f;

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

/** Compiles a glob: `*` is any run of bytes, slashes included; `?` is one byte; everything else is itself. */
export function compileGlob(pattern: string): BytesTest {
  const wanted = latin1Bytes(pattern);
  if (wanted === undefined) return () => false;
  const firstStar = wanted.indexOf(STAR);
  // `/api/*` is what nearly everybody writes.
  if (firstStar === wanted.length - 1 && firstStar >= 0 && !wanted.includes(ANY)) {
    const prefix = wanted.subarray(0, firstStar);
    return (bytes, start, end) => end - start >= firstStar && standsAt(bytes, start, prefix);
  }
  return (bytes, start, end) => matchGlob(wanted, bytes, start, end);
}

const CR = 0x0d;
const LF = 0x0a;

/** Whether the whole chunked body `bytes[start … end)` is sizes and data only: extensions and trailers are looked into by nobody. */
export function isPlainChunked(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    let size = 0;
    let digit = hexDigit(bytes[at]);
    if (digit < 0) return false;
    for (; digit >= 0; digit = hexDigit(bytes[++at])) size = size * 16 + digit;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return false;
    at += size + 4;
    if (!(at <= end) || bytes[at - 2] !== CR || bytes[at - 1] !== LF) return false;
    if (size === 0) return at === end;
  }
  return false;
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

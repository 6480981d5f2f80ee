/** Bytes with an encoding undone, and where each of them stood before. */
export interface PlainView {
  readonly bytes: Uint8Array;
  /** One number for each byte, and one for the end. */
  readonly at: Uint32Array;
}

const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const SMALL_N = 0x6e;
const SMALL_R = 0x72;
const SMALL_U = 0x75;
const SMALL_X = 0x78;
/** What is no ASCII is no part of a secret, whichever character it is. */
const OTHER = 0xff;

const HEX = new Int8Array(256).fill(-1);
for (const [value, digit] of [..."0123456789abcdef"].entries()) {
  HEX[digit.charCodeAt(0)] = value;
  HEX[digit.toUpperCase().charCodeAt(0)] = value;
}

/** The number in `count` hexadecimal digits, or -1. */
function hexAt(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let i = start; i < start + count; i++) {
    const digit = HEX[bytes[i] ?? 0] ?? -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/**
 * Undoes percent-encoding and the escapes of JSON, of C and of access logs (`\u0040`, `\x40`, `\/`), once, and joins lines, which wrap
 * base64. What only looks like an encoding is undone too: that hides nothing, since what is written as it is was looked for before.
 * Undefined: there was nothing to undo.
 */
export function undoEncodings(bytes: Uint8Array): PlainView | undefined {
  const plain = new Uint8Array(bytes.length);
  const at = new Uint32Array(bytes.length + 1);
  let length = 0;
  let i = 0;
  const put = (byte: number, width: number): void => {
    plain[length] = byte;
    at[length++] = i;
    i += width;
  };
  while (i < bytes.length) {
    const byte = bytes[i] as number;
    if (byte === PERCENT) {
      const value = hexAt(bytes, i + 1, 2);
      if (value < 0) put(byte, 1);
      else put(value, 3);
    } else if (byte === BACKSLASH) {
      const next = bytes[i + 1] ?? 0;
      const digits = next === SMALL_U ? 4 : next === SMALL_X ? 2 : 0;
      const value = digits === 0 ? -1 : hexAt(bytes, i + 2, digits);
      if (value >= 0) put(value < 0x80 ? value : OTHER, 2 + digits);
      // The backslash goes, and a line end with it; what else follows is read for itself.
      else i += next === SMALL_N || next === SMALL_R ? 2 : 1;
    } else if (byte === LINE_FEED || byte === RETURN) i += 1;
    else put(byte, 1);
  }
  if (length === bytes.length) return undefined;
  at[length] = bytes.length;
  return { bytes: plain.subarray(0, length), at };
}

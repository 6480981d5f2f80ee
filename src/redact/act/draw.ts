/** Characters drawn from keyed bytes, one byte for each. */

export const DIGITS = "0123456789";
export const HEX_DIGITS = "0123456789abcdef";
export const SMALL_LETTERS = "abcdefghijklmnopqrstuvwxyz";
export const CAPITALS = SMALL_LETTERS.toUpperCase();
export const BASE32 = `${SMALL_LETTERS}234567`;
export const BASE64URL = `${CAPITALS}${SMALL_LETTERS}${DIGITS}-_`;

export const drawOne = (alphabet: string, byte: number | undefined): string =>
  alphabet.charAt((byte ?? 0) % alphabet.length);

/** As many characters as asked for, by the bytes from `offset` on. */
export const draw = (
  alphabet: string,
  bytes: Uint8Array,
  offset: number,
  count: number,
): string => {
  let text = "";
  for (let i = 0; i < count; i++) text += drawOne(alphabet, bytes[offset + i]);
  return text;
};

/** Puts the characters of `compact` where `value` has letters and digits, and keeps its separators. */
export const intoShape = (value: string, compact: string): string => {
  let next = 0;
  return value.replace(/[A-Za-z0-9]/g, () => compact.charAt(next++));
};

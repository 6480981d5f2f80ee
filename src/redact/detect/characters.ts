/** Character codes and classes that the detectors share. Plain comparisons: a table does better only where many classes meet. */

export const TAB = 0x09;
export const SPACE = 0x20;
export const DOUBLE_QUOTE = 0x22;
export const QUOTE = 0x27;
const OPEN = 0x28;
const CLOSE = 0x29;
export const PLUS = 0x2b;
export const DASH = 0x2d;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const ZERO = 0x30;
export const COLON = 0x3a;
export const EQUALS = 0x3d;
export const AT = 0x40;
export const UNDERSCORE = 0x5f;
export const TILDE = 0x7e;

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

export const isAsciiLetter = (code: number): boolean => {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a && code < 0x80;
};

export const isAlphanumeric = (code: number): boolean => isDigit(code) || isAsciiLetter(code);

/** A letter or digit, or a byte of a letter beyond ASCII. */
export const isWordCharacter = (code: number): boolean => isAlphanumeric(code) || code >= 0x80;

/** The alphabet of base64url, of which nearly all tokens are made. */
export const isTokenCharacter = (code: number): boolean =>
  isAlphanumeric(code) || code === DASH || code === UNDERSCORE;

/** What may stand between the digits of a phone number, and between its plus sign and them. */
export const isPhoneSeparator = (code: number): boolean =>
  code === SPACE ||
  code === DASH ||
  code === DOT ||
  code === SLASH ||
  code === OPEN ||
  code === CLOSE;

/** The code of a character, or a blank's beyond either end of the text: what has no neighbour stands alone. */
export const codeAt = (text: string, index: number): number =>
  index >= 0 && index < text.length ? text.charCodeAt(index) : SPACE;

/**
 * Whether a number may begin or end here: not inside a word, and not beside the fraction of a decimal number, because 16 digits
 * after a decimal point are what measured values look like.
 */
export const isNumberStart = (text: string, start: number): boolean => {
  const before = codeAt(text, start - 1);
  return !isAlphanumeric(before) && !(before === DOT && isDigit(codeAt(text, start - 2)));
};

export const isNumberEnd = (text: string, end: number): boolean => {
  const after = codeAt(text, end);
  return !isAlphanumeric(after) && !(after === DOT && isDigit(codeAt(text, end + 1)));
};

import {
  AT,
  codeAt,
  DASH,
  isAsciiLetter,
  isDigit,
  isPhoneSeparator,
  isWordCharacter,
  PLUS,
} from "./characters.ts";

/**
 * One pass over a text tells which detectors have anything to look for. Nearly every value of a request has no trait at all, and then
 * this pass is all that detection costs.
 */

export const HAS_AT = 1;
/** Sixteen characters in a row of which tokens are made. */
export const HAS_LONG_WORD = 2;
/** Six digits, with separators in between at most. */
export const HAS_SIX_DIGITS = 4;
/** Twelve of them. */
export const HAS_TWELVE_DIGITS = 8;
/** A plus sign at a digit, or at what may stand between the digits of a phone number. */
export const HAS_PLUS_NUMBER = 16;
/** A word that begins with two letters and two digits. */
export const HAS_IBAN_START = 32;
/** The word `bearer` and a blank. */
export const HAS_BEARER = 64;
/** Five dashes. */
export const HAS_DASHES = 128;

/** What keeps a word together and breaks a number, as most characters do. */
const LETTER = 0;
const DIGIT = 1;
/** Keeps both together. */
const JOINER = 2;
/** Breaks a word, not a number. */
const SEPARATOR = 3;
/** Breaks both. */
const OTHER = 4;

const LONG_WORD = 16;

const CLASSES = new Uint8Array(256).fill(OTHER, 0, 128);
for (let code = 0x30; code <= 0x39; code++) CLASSES[code] = DIGIT;
for (let code = 0x41; code <= 0x5a; code++) CLASSES[code] = CLASSES[code + 32] = LETTER;
for (const sign of "_+") CLASSES[sign.charCodeAt(0)] = LETTER;
for (const sign of "-/") CLASSES[sign.charCodeAt(0)] = JOINER;
for (const sign of " .()\t") CLASSES[sign.charCodeAt(0)] = SEPARATOR;

const isBearer = (text: string, end: number): boolean =>
  (text.charCodeAt(end - 1) | 0x20) === 0x72 &&
  end >= 6 &&
  text.slice(end - 6, end).toLowerCase() === "bearer";

/** Whether the two digits that end before `end` follow two letters that begin a word. */
const isIbanStart = (text: string, end: number): boolean =>
  isAsciiLetter(codeAt(text, end - 3)) &&
  isAsciiLetter(codeAt(text, end - 4)) &&
  !isWordCharacter(codeAt(text, end - 5));

/** The traits of a text, as bits. Letters, of which texts mostly consist, cost least. */
export const traitsOf = (text: string): number => {
  let traits = 0;
  let wordStart = 0;
  let digits = 0;
  let lastDigit = -1;
  /** Where a number was last broken. */
  let broken = -1;
  let dashes = 0;
  let lastDash = -2;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const kind = code < 256 ? CLASSES[code] : LETTER;
    if (kind === LETTER) {
      broken = i;
      if (code !== PLUS) continue;
      const next = codeAt(text, i + 1);
      if (isDigit(next) || isPhoneSeparator(next)) traits |= HAS_PLUS_NUMBER;
    } else if (kind === DIGIT) {
      if (broken > lastDigit) digits = 0;
      if (broken === i - 2 && lastDigit === i - 1 && isIbanStart(text, i + 1)) {
        traits |= HAS_IBAN_START;
      }
      lastDigit = i;
      digits++;
      if (digits >= 6) traits |= digits >= 12 ? HAS_TWELVE_DIGITS : HAS_SIX_DIGITS;
    } else if (kind === JOINER) {
      if (code !== DASH) continue;
      dashes = lastDash === i - 1 ? dashes + 1 : 1;
      lastDash = i;
      if (dashes === 5) traits |= HAS_DASHES;
    } else {
      if (i - wordStart >= LONG_WORD) traits |= HAS_LONG_WORD;
      wordStart = i + 1;
      if (kind === OTHER) {
        broken = i;
        if (code === AT) traits |= HAS_AT;
        continue;
      }
      if (isBearer(text, i)) traits |= HAS_BEARER;
    }
  }
  return text.length - wordStart >= LONG_WORD ? traits | HAS_LONG_WORD : traits;
};

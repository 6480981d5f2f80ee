import { CAPITALS, DIGITS, drawOne, HEX_DIGITS, SMALL_LETTERS } from "./draw.ts";

/** Stand-ins for values of no known kind: by the shape of what they replace, character for character. */

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** The digits of a UUID that say its version and variant. */
const UUID_KEPT = new Set([14, 19]);
const HEX = /^(?=.*[0-9])[0-9a-f-]{8,}$/;
const CAPITAL_HEX = /^(?=.*[0-9])[0-9A-F-]{8,}$/;
const NUMBER = /^(-?\d+(?:\.\d+)?)[eE][+-]?\d+$/;

const alphabetOf = (character: string): string | undefined => {
  if (character >= "0" && character <= "9") return DIGITS;
  if (character >= "A" && character <= "Z") return CAPITALS;
  return (character >= "a" && character <= "z") || character >= "\x80" ? SMALL_LETTERS : undefined;
};

/** Digits stay digits, small letters small letters, and so on; a number stays a number, hexadecimal digits stay such. */
export const inShapeOf = (value: string, bytes: Uint8Array): string => {
  const isUuid = UUID.test(value);
  const hex = HEX.test(value) || (isUuid && value !== value.toUpperCase());
  const capitalHex = !hex && CAPITAL_HEX.test(value) && /[A-F]/.test(value);
  const hasLetters = /[A-Za-z]/.test(value);
  const keptFrom = NUMBER.exec(value)?.[1]?.length ?? value.length;
  const parts: string[] = [];
  for (let i = 0; i < value.length; i++) {
    const character = value.charAt(i);
    const alphabet = alphabetOf(character);
    if (alphabet === undefined || i >= keptFrom || (isUuid && UUID_KEPT.has(i))) {
      parts.push(character);
    } else if (hasLetters && (hex || capitalHex)) {
      const digit = drawOne(HEX_DIGITS, bytes[i]);
      parts.push(capitalHex ? digit.toUpperCase() : digit);
    } else if (
      alphabet === DIGITS &&
      character !== "0" &&
      alphabetOf(value.charAt(i - 1)) !== DIGITS
    ) {
      // A number that begins with 0 would be none in JSON.
      parts.push(drawOne("123456789", bytes[i]));
    } else {
      parts.push(drawOne(alphabet, bytes[i]));
    }
  }
  return parts.join("");
};

const LETTER_OR_DIGIT = /[A-Za-z0-9\x80-\u{10ffff}]/u;

/** What stands for a value that has no shape but its length, such as `***`: small letters. */
export const isShapeless = (value: string): boolean => !LETTER_OR_DIGIT.test(value);

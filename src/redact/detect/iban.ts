import {
  codeAt,
  DASH,
  isAlphanumeric,
  isAsciiLetter,
  isDigit,
  isWordCharacter,
  SPACE,
} from "./characters.ts";
import { remainder97 } from "./check-digits.ts";
import type { Detector } from "./detector.ts";
import { ibanPattern } from "./iban-countries.ts";
import { HAS_IBAN_START } from "./traits.ts";

const isKind = (kind: string | undefined, code: number): boolean =>
  kind === "n" ? isDigit(code) : kind === "a" ? isAsciiLetter(code) : isAlphanumeric(code);

/** Whether the check digits of an IBAN without separators are right. */
export const isIbanValid = (iban: string): boolean =>
  remainder97(iban.slice(4) + iban.slice(0, 4)) === 1;

/** The end of the IBAN that begins at `start`, or -1. */
const ibanEnd = (text: string, start: number): number => {
  const head = text.slice(start, start + 4);
  const pattern = ibanPattern(head.slice(0, 2).toUpperCase());
  if (pattern === undefined) return -1;
  let compact = head;
  let end = start + 4;
  for (let i = 0; i < pattern.length; i++, end++) {
    const separator = codeAt(text, end);
    if (separator === SPACE || separator === DASH) end++;
    if (end >= text.length || !isKind(pattern[i], text.charCodeAt(end))) return -1;
    compact += text.charAt(end);
  }
  return !isAlphanumeric(codeAt(text, end)) && isIbanValid(compact) ? end : -1;
};

const isStart = (text: string, start: number): boolean =>
  isAsciiLetter(text.charCodeAt(start)) &&
  isAsciiLetter(codeAt(text, start + 1)) &&
  isDigit(codeAt(text, start + 2)) &&
  isDigit(codeAt(text, start + 3));

/** International bank account numbers by country's pattern and mod 97, in capitals or not, blanks or dashes between characters. */
export const ibanDetector: Detector = {
  name: "iban",
  needs: HAS_IBAN_START,
  find(text, onFinding) {
    for (let i = 0; i < text.length; i++) {
      if (!isWordCharacter(text.charCodeAt(i))) continue;
      const end = isStart(text, i) ? ibanEnd(text, i) : -1;
      if (end >= 0) {
        onFinding(i, end);
        i = end - 1;
      } else {
        while (i + 1 < text.length && isWordCharacter(text.charCodeAt(i + 1))) i++;
      }
    }
  },
};

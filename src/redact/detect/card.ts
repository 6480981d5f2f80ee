import { cardLengths } from "./card-brands.ts";
import { codeAt, DASH, isDigit, isNumberEnd, isNumberStart, SPACE, ZERO } from "./characters.ts";
import { doubledDigit } from "./check-digits.ts";
import type { Detector } from "./detector.ts";
import { HAS_TWELVE_DIGITS } from "./traits.ts";

const MAX_DIGITS = 19;
/** Cards are printed in groups of three and more, but for the last. */
const MIN_FIRST_GROUP = 4;
const MIN_GROUP = 3;

const endOfDigits = (text: string, start: number, limit: number): number => {
  let end = start;
  while (end < limit && isDigit(codeAt(text, end))) end++;
  return end;
};

const firstFour = (text: string, start: number): number =>
  (text.charCodeAt(start) - ZERO) * 1000 +
  (text.charCodeAt(start + 1) - ZERO) * 100 +
  (text.charCodeAt(start + 2) - ZERO) * 10 +
  (text.charCodeAt(start + 3) - ZERO);

/**
 * The end of the longest card number that begins with the group of digits at `start`, or -1. A card may be followed by further groups
 * (date, security code), so every end of a group counts.
 */
const cardEnd = (text: string, start: number): number => {
  const lengths = cardLengths(firstFour(text, start));
  if (lengths === 0) return -1;
  let found = -1;
  let count = 0;
  /** Luhn's sum if the number of digits turns out even, and odd. */
  let sumIfEven = 0;
  let sumIfOdd = 0;
  for (let groupStart = start; ; ) {
    const limit = Math.min(text.length, groupStart + MAX_DIGITS + 1 - count);
    const end = endOfDigits(text, groupStart, limit);
    for (let i = groupStart; i < end; i++) {
      const digit = text.charCodeAt(i) - ZERO;
      const doubled = doubledDigit(digit);
      sumIfEven += count % 2 === 0 ? doubled : digit;
      sumIfOdd += count % 2 === 0 ? digit : doubled;
      count++;
    }
    if (end === groupStart || count > MAX_DIGITS) return found;
    const sum = count % 2 === 0 ? sumIfEven : sumIfOdd;
    if ((lengths & (1 << count)) !== 0 && sum % 10 === 0 && isNumberEnd(text, end)) found = end;
    const separator = codeAt(text, end);
    if (separator !== SPACE && separator !== DASH) return found;
    if (end - groupStart < (groupStart === start ? MIN_FIRST_GROUP : MIN_GROUP)) return found;
    groupStart = end + 1;
  }
};

/** Twelve digits, the first four of them together: found by the engine far faster than by a loop. */
const CANDIDATE = /\d{4}(?:[ -]?\d){8}/g;

/** Payment cards: 12 to 19 digits by the brands' first digits and Luhn's check, blanks or dashes between groups. */
export const cardDetector: Detector = {
  name: "card",
  needs: HAS_TWELVE_DIGITS,
  find(text, onFinding) {
    CANDIDATE.lastIndex = 0;
    for (let match = CANDIDATE.exec(text); match !== null; match = CANDIDATE.exec(text)) {
      const start = match.index;
      const groupEnd = endOfDigits(text, start, text.length);
      const end =
        groupEnd - start <= MAX_DIGITS && isNumberStart(text, start) ? cardEnd(text, start) : -1;
      if (end >= 0) onFinding(start, end);
      CANDIDATE.lastIndex = Math.max(end, groupEnd);
    }
  },
};

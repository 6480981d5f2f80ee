import {
  codeAt,
  DOT,
  isAlphanumeric,
  isDigit,
  isPhoneSeparator,
  PLUS,
  ZERO,
} from "./characters.ts";
import type { Detector } from "./detector.ts";
import { HAS_PLUS_NUMBER } from "./traits.ts";

const MIN_DIGITS = 8;
/** E.164. */
const MAX_DIGITS = 15;
/** As in `+49 30 / 123456`. */
const MAX_SEPARATORS = 3;

/** The end of the number whose plus sign is at `plus`, or -1. */
const phoneEnd = (text: string, plus: number): number => {
  let count = 0;
  let dots = 0;
  let others = 0;
  let end = plus + 1;
  /** Before the last group of digits, which may be a date, a house or the third floor. */
  let countBefore = 0;
  let endBefore = end;
  for (let i = plus + 1, gap = 0; ; i++) {
    const code = codeAt(text, i);
    if (isDigit(code)) {
      if (count === 0 && code === ZERO) return -1;
      if (gap > 0) {
        countBefore = count;
        endBefore = end;
        for (let j = end; j < i; j++) codeAt(text, j) === DOT ? dots++ : others++;
      }
      if (++count > MAX_DIGITS) break;
      end = i + 1;
      gap = 0;
    } else if (!isPhoneSeparator(code) || i >= text.length || ++gap > MAX_SEPARATORS) {
      break;
    }
  }
  if (count > MAX_DIGITS || isAlphanumeric(codeAt(text, end))) {
    count = countBefore;
    end = endBefore;
  }
  // One dot and nothing else makes a decimal number.
  return count < MIN_DIGITS || (dots === 1 && others === 0) ? -1 : end;
};

/** Phone numbers in international form: a plus sign and 8 to 15 digits with the usual separators. */
export const phoneDetector: Detector = {
  name: "phone",
  needs: HAS_PLUS_NUMBER,
  find(text, onFinding) {
    for (let i = text.indexOf("+"); i >= 0; i = text.indexOf("+", i + 1)) {
      const before = codeAt(text, i - 1);
      if (isAlphanumeric(before) || before === PLUS) continue;
      const end = phoneEnd(text, i);
      if (end < 0) continue;
      onFinding(i, end);
      i = end - 1;
    }
  },
};

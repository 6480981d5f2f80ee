import { dniLetter } from "./check-digits.ts";
import type { Detector } from "./detector.ts";
import { HAS_SIX_DIGITS } from "./traits.ts";

const DNI = /(?<![0-9A-Za-z])([XYZ]-?\d{7}|\d{8})[- ]?([A-Z])(?![0-9A-Za-z])/gi;

/** The digits that the letter is reckoned from: X, Y and Z count as 0, 1 and 2. */
const dniDigits = (body: string): string =>
  body.replace(/^[XYZ]-?/i, (letter) => String(letter.toUpperCase().charCodeAt(0) - 0x58));

/** Spanish identity numbers of citizens (DNI) and residents (NIE), with the right letter. */
export const esDniDetector: Detector = {
  name: "es_dni",
  needs: HAS_SIX_DIGITS,
  find(text, onFinding) {
    for (const match of text.matchAll(DNI)) {
      if (dniLetter(dniDigits(match[1] ?? "")) !== match[2]?.toUpperCase()) continue;
      onFinding(match.index, match.index + match[0].length);
    }
  },
};

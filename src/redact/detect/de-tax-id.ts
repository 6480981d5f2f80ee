import { mod11and10CheckDigit } from "./check-digits.ts";
import type { Detector } from "./detector.ts";
import { HAS_SIX_DIGITS } from "./traits.ts";

const TAX_ID = /(?<![0-9A-Za-z]|[0-9]\.)[1-9]\d([ /]?)\d{3}\1\d{3}\1\d{3}(?![0-9A-Za-z]|\.[0-9])/g;

/** Among the first ten digits exactly one occurs twice or three times. */
const repeatsOneDigit = (firstTen: string): boolean => {
  const counts = new Uint8Array(10);
  for (const digit of firstTen) counts[Number(digit)] = (counts[Number(digit)] ?? 0) + 1;
  const repeated = counts.filter((count) => count > 1);
  return repeated.length === 1 && (repeated[0] ?? 0) <= 3;
};

/** German tax identification numbers: eleven digits, the last a check digit, one digit repeated. */
export const deTaxIdDetector: Detector = {
  name: "de_tax_id",
  needs: HAS_SIX_DIGITS,
  find(text, onFinding) {
    for (const match of text.matchAll(TAX_ID)) {
      const digits = match[0].replace(/\D/g, "");
      const firstTen = digits.slice(0, 10);
      if (!repeatsOneDigit(firstTen) || mod11and10CheckDigit(firstTen) !== digits[10]) continue;
      onFinding(match.index, match.index + match[0].length);
    }
  },
};

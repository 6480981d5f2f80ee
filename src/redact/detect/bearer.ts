import {
  codeAt,
  DASH,
  DOT,
  EQUALS,
  isAlphanumeric,
  isDigit,
  PLUS,
  SLASH,
  TILDE,
  UNDERSCORE,
} from "./characters.ts";
import type { Detector } from "./detector.ts";
import { HAS_BEARER } from "./traits.ts";

/** The alphabet `token68` of RFC 6750 and the padding at its end. */
const isCredentialCharacter = (code: number): boolean =>
  isAlphanumeric(code) ||
  code === DASH ||
  code === DOT ||
  code === UNDERSCORE ||
  code === TILDE ||
  code === PLUS ||
  code === SLASH ||
  code === EQUALS;

/** A word of this length is taken for a token if it has a digit: `bearer certificates` has none. */
const MIN_WITH_DIGIT = 8;
const MIN_WITHOUT_DIGIT = 20;

/** What follows the word `Bearer`. The finding is the token alone, so that the scheme stays. */
export const bearerDetector: Detector = {
  name: "bearer",
  needs: HAS_BEARER,
  find(text, onFinding) {
    const scheme = /bearer[ \t]+/gi;
    for (let match = scheme.exec(text); match !== null; match = scheme.exec(text)) {
      if (isAlphanumeric(codeAt(text, match.index - 1))) continue;
      const start = scheme.lastIndex;
      let end = start;
      let hasDigit = false;
      for (; end < text.length; end++) {
        const code = text.charCodeAt(end);
        if (!isCredentialCharacter(code)) break;
        hasDigit ||= isDigit(code);
      }
      while (end > start && codeAt(text, end - 1) === DOT) end--;
      if (end - start < (hasDigit ? MIN_WITH_DIGIT : MIN_WITHOUT_DIGIT)) continue;
      onFinding(start, end);
      scheme.lastIndex = end;
    }
  },
};

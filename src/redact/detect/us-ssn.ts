import type { Detector } from "./detector.ts";
import { HAS_SIX_DIGITS } from "./traits.ts";

const SSN =
  /(?<![0-9A-Za-z]|[0-9][-.])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![0-9A-Za-z]|[-.][0-9])/g;

/** United States social-security numbers, in their groups: nine digits in a row say too little. */
export const usSsnDetector: Detector = {
  name: "us_ssn",
  needs: HAS_SIX_DIGITS,
  find(text, onFinding) {
    for (const match of text.matchAll(SSN)) onFinding(match.index, match.index + match[0].length);
  },
};

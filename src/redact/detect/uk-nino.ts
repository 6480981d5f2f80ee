import type { Detector } from "./detector.ts";
import { HAS_SIX_DIGITS } from "./traits.ts";

const NINO =
  /(?<![0-9A-Za-z])(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![0-9A-Za-z])/gi;

/** United Kingdom national-insurance numbers: prefixes that are given out, six digits, a letter A to D. */
export const ukNinoDetector: Detector = {
  name: "uk_nino",
  needs: HAS_SIX_DIGITS,
  find(text, onFinding) {
    for (const match of text.matchAll(NINO)) onFinding(match.index, match.index + match[0].length);
  },
};

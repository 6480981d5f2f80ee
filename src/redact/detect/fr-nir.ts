import { nirKey } from "./check-digits.ts";
import type { Detector } from "./detector.ts";
import { HAS_SIX_DIGITS } from "./traits.ts";

const NIR =
  /(?<![0-9A-Za-z]|[0-9]\.)[1-478] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?![0-9A-Za-z]|\.[0-9])/gi;

/** French social-security numbers: thirteen characters and their key. Without the key, nothing tells them from other numbers. */
export const frNirDetector: Detector = {
  name: "fr_nir",
  needs: HAS_SIX_DIGITS,
  find(text, onFinding) {
    for (const match of text.matchAll(NIR)) {
      const compact = match[0].replaceAll(" ", "");
      if (nirKey(compact.slice(0, 13)) !== compact.slice(13)) continue;
      onFinding(match.index, match.index + match[0].length);
    }
  },
};

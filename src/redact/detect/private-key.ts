import type { Detector } from "./detector.ts";
import { HAS_DASHES } from "./traits.ts";

const BEGIN = /-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----/g;

/** Private keys in PEM and PGP armour, from the line that begins one to the line that ends it, or to the end of the text. */
export const privateKeyDetector: Detector = {
  name: "private_key",
  needs: HAS_DASHES,
  find(text, onFinding) {
    BEGIN.lastIndex = 0;
    for (let match = BEGIN.exec(text); match !== null; match = BEGIN.exec(text)) {
      const last = `-----END ${match[1]}-----`;
      const found = text.indexOf(last, BEGIN.lastIndex);
      const end = found < 0 ? text.length : found + last.length;
      onFinding(match.index, end);
      BEGIN.lastIndex = end;
    }
  },
};

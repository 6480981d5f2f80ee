import { codeAt, DOT, isTokenCharacter } from "./characters.ts";
import type { Detector } from "./detector.ts";
import { HAS_LONG_WORD } from "./traits.ts";

/** `{"alg":"…"}` is never shorter. */
const MIN_HEADER = 16;
/** An encrypted token has five parts. */
const MAX_PARTS = 5;

/** The end of the token that begins at `start`, or -1. */
const jwtEnd = (text: string, start: number): number => {
  let end = start;
  let dots = 0;
  for (;;) {
    const partStart = end;
    while (isTokenCharacter(codeAt(text, end))) end++;
    if (dots === 0 && end - partStart < MIN_HEADER) return -1;
    if (codeAt(text, end) !== DOT || dots === MAX_PARTS - 1) break;
    dots++;
    end++;
  }
  // A claim set or an encrypted key, or nothing: then the payload travels elsewhere and a signature follows.
  return dots >= 2 ? end : -1;
};

/** JSON Web Tokens, signed, unsigned and encrypted: base64url of `{"` and two dots or more. */
export const jwtDetector: Detector = {
  name: "jwt",
  needs: HAS_LONG_WORD,
  find(text, onFinding) {
    for (let i = text.indexOf("eyJ"); i >= 0; i = text.indexOf("eyJ", i + 3)) {
      if (isTokenCharacter(codeAt(text, i - 1))) continue;
      const end = jwtEnd(text, i);
      if (end < 0) continue;
      onFinding(i, end);
      i = end - 3;
    }
  },
};

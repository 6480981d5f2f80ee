import {
  codeAt,
  DASH,
  DOT,
  isAsciiLetter,
  isDigit,
  isWordCharacter,
  PLUS,
  QUOTE,
  TILDE,
  UNDERSCORE,
} from "./characters.ts";
import type { Detector } from "./detector.ts";
import { HAS_AT } from "./traits.ts";

const PERCENT = 0x25;
const BACKSLASH = 0x5c;

/** The characters that names of mailboxes are made of in practice; those that also separate (`=`, `/`, `&`) are left out. */
const isMailboxCharacter = (code: number): boolean =>
  isWordCharacter(code) ||
  code === DOT ||
  code === DASH ||
  code === UNDERSCORE ||
  code === PLUS ||
  code === PERCENT ||
  code === TILDE ||
  code === QUOTE;

const isDomainCharacter = (code: number): boolean =>
  isWordCharacter(code) || code === DOT || code === DASH;

/** Not top-level domains: `logo@2x.png` is a picture. */
const FILE_ENDINGS = /^(?:png|jpe?g|gif|svg|webp|avif|ico|css|m?js|html?|json|xml|pdf)$/i;
/** What stands before such an ending in names of files, and no address ends in. */
const FILE_MIDDLES = /\.(?:min|slim|prod|esm|cjs|umd|bundle|module)$/i;
/** With its dot: what is further from the end is not looked at, or a long text would be searched once for each label. */
const MAX_FILE_MIDDLE_CHARS = 7;
/** A package and its version, `left-pad@1.3.0-rc.one`. */
const VERSION = /^\d+\.\d+\./;

const isTopLevel = (label: string): boolean => {
  const first = codeAt(label, 0);
  if (label.length < 2 || isDigit(first) || first === DASH) return false;
  return !(isAsciiLetter(first) && FILE_ENDINGS.test(label));
};

const ESCAPE = /[bfnrt]|u[0-9A-Fa-f]{4}/y;

/** Behind the letters at `start` that an escape ends with: in a string within a string a line break is `\n`, which no name begins with. */
const escapeEnd = (text: string, start: number): number => {
  if (codeAt(text, start - 1) !== BACKSLASH) return start;
  ESCAPE.lastIndex = start;
  return ESCAPE.test(text) ? ESCAPE.lastIndex : start;
};

/**
 * How long an address's domain is that `text` begins with; 0: there is none. Labels that no domain ends in are what goes on behind the
 * address: a sentence without a blank, a version, the ending of a file that is named after it.
 */
const mailDomainLength = (text: string): number => {
  if (text.startsWith(".") || VERSION.test(text)) return 0;
  const gap = text.indexOf("..");
  let end = gap < 0 ? text.length : gap;
  for (let dot = text.lastIndexOf(".", end - 1); dot > 0; dot = text.lastIndexOf(".", end - 1)) {
    const label = text.slice(dot + 1, end);
    if (isTopLevel(label)) return end;
    end = dot;
    if (
      FILE_ENDINGS.test(label) &&
      FILE_MIDDLES.test(text.slice(Math.max(0, end - MAX_FILE_MIDDLE_CHARS), end))
    )
      return 0;
  }
  return 0;
};

/** E-mail addresses: the usual characters of a mailbox, a domain of two labels or more whose last begins with a letter. */
export const emailDetector: Detector = {
  name: "email",
  needs: HAS_AT,
  find(text, onFinding) {
    let free = 0;
    for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
      let start = at;
      while (start > free && isMailboxCharacter(text.charCodeAt(start - 1))) start--;
      start = escapeEnd(text, start);
      while (start < at && (codeAt(text, start) === DOT || codeAt(text, start) === QUOTE)) start++;
      let end = at + 1;
      while (end < text.length && isDomainCharacter(text.charCodeAt(end))) end++;
      while (end > at + 1 && !isWordCharacter(codeAt(text, end - 1))) end--;
      const length = start < at ? mailDomainLength(text.slice(at + 1, end)) : 0;
      if (length > 0) {
        free = at + 1 + length;
        onFinding(start, free);
      }
    }
  },
};

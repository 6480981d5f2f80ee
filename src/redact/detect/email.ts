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
/** A package and its version, `left-pad@1.3.0-rc.one`. */
const VERSION = /^\d+\.\d+\./;

const isMailDomain = (domain: string): boolean => {
  const dot = domain.lastIndexOf(".");
  const first = codeAt(domain, dot + 1);
  if (dot <= 0 || domain.length - dot - 1 < 2 || isDigit(first) || first === DASH) return false;
  if (domain.startsWith(".") || domain.includes("..")) return false;
  return (
    !VERSION.test(domain) &&
    !(isAsciiLetter(first) && FILE_ENDINGS.test(domain.slice(dot + 1, dot + 6)))
  );
};

const ESCAPE = /[bfnrt]|u[0-9A-Fa-f]{4}/y;

/** Behind the letters at `start` that an escape ends with: in a string within a string a line break is `\n`, which no name begins with. */
const escapeEnd = (text: string, start: number): number => {
  if (codeAt(text, start - 1) !== BACKSLASH) return start;
  ESCAPE.lastIndex = start;
  return ESCAPE.test(text) ? ESCAPE.lastIndex : start;
};

/** How long an address's domain is that `domain` begins with; 0: it is none. A file or resource may be named after an address. */
const mailDomainLength = (domain: string): number => {
  if (isMailDomain(domain)) return domain.length;
  const dot = domain.lastIndexOf(".");
  if (dot <= 0 || !FILE_ENDINGS.test(domain.slice(dot + 1, dot + 6))) return 0;
  const stem = domain.slice(0, dot);
  return !FILE_MIDDLES.test(stem) && isMailDomain(stem) ? dot : 0;
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

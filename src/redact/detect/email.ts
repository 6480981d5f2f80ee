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

/** E-mail addresses: the usual characters of a mailbox, a domain of two labels or more whose last begins with a letter. */
export const emailDetector: Detector = {
  name: "email",
  needs: HAS_AT,
  find(text, onFinding) {
    let free = 0;
    for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
      let start = at;
      while (start > free && isMailboxCharacter(text.charCodeAt(start - 1))) start--;
      while (start < at && (codeAt(text, start) === DOT || codeAt(text, start) === QUOTE)) start++;
      let end = at + 1;
      while (end < text.length && isDomainCharacter(text.charCodeAt(end))) end++;
      while (end > at + 1 && !isWordCharacter(codeAt(text, end - 1))) end--;
      if (start < at && isMailDomain(text.slice(at + 1, end))) {
        onFinding(start, end);
        free = end;
      }
    }
  },
};

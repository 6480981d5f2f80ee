import {
  COLON,
  codeAt,
  DOT,
  DOUBLE_QUOTE,
  EQUALS,
  isAsciiLetter,
  isDigit,
  isTokenCharacter,
  PLUS,
  QUOTE,
  SLASH,
  SPACE,
  TAB,
} from "./characters.ts";
import type { Detector } from "./detector.ts";
import { ANY_KEY_PREFIX, type KeyShape, keyShapeAt } from "./key-shapes.ts";
import { HAS_LONG_WORD } from "./traits.ts";

const MAX_DOTTED_PREFIX = 8;
const MAX_NAME = 40;
/**
 * Names that only secrets have. `key` and `token` alone are left out: most are keys of tables and tokens of pages.
 */
const SECRET_NAME =
  /(?:(?:api|access|secret|private|auth|signing|encryption)[_-]?(?:key|token|secret)|(?:refresh|session|security|client)[_-]?(?:token|secret)|(?:^|[_-])(?:token|secret|password|passwd|pwd))$/i;

/** How every such name ends, and the sign after it: quick to look for. */
const ANY_SECRET_NAME = /(?:key|token|secret|password|passwd|pwd)["' \t]*[:=]/i;

const mixes = (text: string): boolean =>
  /[0-9]/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text);

const shapeEnd = (text: string, start: number, shape: KeyShape): number => {
  const bodyStart = start + shape.prefix.length;
  const limit = bodyStart + shape.maxBody;
  let end = bodyStart;
  while (end < limit && shape.isBody(codeAt(text, end))) end++;
  if (end - bodyStart < shape.minBody) return -1;
  if (isDigit(codeAt(text, end)) || isAsciiLetter(codeAt(text, end))) {
    // Longer than a key of this kind can be. Where the kind has no length of its own, the rest belongs to it.
    if (shape.minBody === shape.maxBody) return -1;
    while (shape.isBody(codeAt(text, end))) end++;
  }
  return shape.mustMix && !mixes(text.slice(bodyStart, end)) ? -1 : end;
};

/** Keys are nothing else, or begin or end with it, and most texts have none. */
const LONG_WORD = /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{16,}/g;
/** How much base64 before a long word may belong to the same value. */
const MAX_BEFORE_WORD = 256;

const isBase64 = (code: number): boolean =>
  isTokenCharacter(code) || code === PLUS || code === SLASH;

const isBlankOrQuote = (code: number): boolean =>
  code === SPACE || code === TAB || code === QUOTE || code === DOUBLE_QUOTE;

/** The name before a value, with a colon or equals sign between them; empty: there is none. */
const nameBefore = (text: string, valueStart: number): string => {
  const limit = valueStart - MAX_NAME;
  let end = valueStart;
  while (end > limit && isBlankOrQuote(codeAt(text, end - 1)) && end > 0) end--;
  const sign = codeAt(text, end - 1);
  if (sign !== COLON && sign !== EQUALS) return "";
  end--;
  while (end > limit && isBlankOrQuote(codeAt(text, end - 1)) && end > 0) end--;
  let start = end;
  while (start > limit && isTokenCharacter(codeAt(text, start - 1))) start--;
  return text.slice(start, end);
};

/** The value of letters and digits that a long word belongs to, if the name of a secret stands before it. */
const namedValue = (
  text: string,
  from: number,
  wordStart: number,
  wordEnd: number,
): readonly [start: number, end: number] | undefined => {
  let start = wordStart;
  const limit = Math.max(from, wordStart - MAX_BEFORE_WORD);
  while (start > limit && isBase64(codeAt(text, start - 1))) start--;
  const name = nameBefore(text, start);
  if (name === "" || !SECRET_NAME.test(name)) return undefined;
  let end = wordEnd;
  while (isBase64(codeAt(text, end))) end++;
  const value = text.slice(start, end);
  if (!/[0-9]/.test(value) || !/[A-Za-z]/.test(value)) return undefined;
  while (codeAt(text, end) === EQUALS) end++;
  return [start, end];
};

const shapedKey = (
  text: string,
  start: number,
): readonly [start: number, end: number] | undefined => {
  const shape = keyShapeAt(text, start);
  const end = shape === undefined ? -1 : shapeEnd(text, start, shape);
  return end < 0 ? undefined : [start, end];
};

/** Where a prefix may begin whose last character is a dot, which no word has. */
const startWithDot = (text: string, wordStart: number): number => {
  let start = wordStart - 1;
  if (codeAt(text, start) !== DOT) return wordStart;
  while (wordStart - start <= MAX_DOTTED_PREFIX && isTokenCharacter(codeAt(text, start - 1)))
    start--;
  return start;
};

/** Keys of well-known issuers by their prefixes, and long values after names such as `api_key=`. */
export const apiKeyDetector: Detector = {
  name: "api_key",
  needs: HAS_LONG_WORD,
  find(text, onFinding) {
    if (!ANY_KEY_PREFIX.test(text) && !ANY_SECRET_NAME.test(text)) return;
    let free = 0;
    LONG_WORD.lastIndex = 0;
    for (let match = LONG_WORD.exec(text); match !== null; match = LONG_WORD.exec(text)) {
      const wordStart = match.index;
      const found =
        namedValue(text, free, wordStart, LONG_WORD.lastIndex) ??
        shapedKey(text, startWithDot(text, wordStart)) ??
        shapedKey(text, wordStart);
      if (found === undefined) continue;
      onFinding(found[0], found[1]);
      free = found[1];
      LONG_WORD.lastIndex = free;
    }
  },
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const LOWER_E = 0x65;

/** The characters that may follow a backslash, besides `u`. */
const PLAIN_ESCAPES = '"\\/bfnrt';

/** First character at or after `at` that is not JSON white space. */
export function skipSpace(text: string, at: number): number {
  for (;;) {
    const char = text.charCodeAt(at);
    if (char === 0x20 || char === 0x0a || char === 0x0d || char === 0x09) at++;
    else return at;
  }
}

/**
 * End of the string whose opening quote is at `at`, behind its closing quote; -1: it is none. Negative below that: `-2 - end`, for a
 * string that holds escapes, so that the usual one without need not be read again.
 */
export function stringEnd(text: string, at: number): number {
  for (let i = at + 1; ; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) return i + 1;
    if (char === BACKSLASH) return escapedStringEnd(text, i);
    // Not a number behind the end of the text, so that this is not `char < 0x20`.
    if (!(char >= 0x20)) return -1;
  }
}

function escapedStringEnd(text: string, at: number): number {
  for (let i = at; ; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) return -2 - (i + 1);
    if (!(char >= 0x20)) return -1;
    if (char !== BACKSLASH) continue;
    const name = text.charAt(++i);
    if (name === "u") {
      for (let digit = 1; digit <= 4; digit++)
        if (!isHexDigit(text.charCodeAt(i + digit))) return -1;
      i += 4;
    } else if (name === "" || !PLAIN_ESCAPES.includes(name)) return -1;
  }
}

/** End of the number at `at`; -1: there is none. */
export function numberEnd(text: string, at: number): number {
  const whole = text.charCodeAt(at) === MINUS ? at + 1 : at;
  let end = text.charCodeAt(whole) === ZERO ? whole + 1 : digitsEnd(text, whole);
  if (end < 0) return -1;
  if (text.charCodeAt(end) === DOT) end = digitsEnd(text, end + 1);
  if (end < 0 || (text.charCodeAt(end) | 0x20) !== LOWER_E) return end;
  const sign = text.charCodeAt(end + 1);
  return digitsEnd(text, sign === MINUS || sign === PLUS ? end + 2 : end + 1);
}

/** End of the literal at `at`, `true`, `false` or `null`; -1: there is none. */
export function literalEnd(text: string, at: number): number {
  if (text.startsWith("true", at) || text.startsWith("null", at)) return at + 4;
  return text.startsWith("false", at) ? at + 5 : -1;
}

function digitsEnd(text: string, at: number): number {
  let i = at;
  while (isDigit(text.charCodeAt(i))) i++;
  return i === at ? -1 : i;
}

function isDigit(char: number): boolean {
  return char >= 0x30 && char <= 0x39;
}

function isHexDigit(char: number): boolean {
  return isDigit(char) || (char >= 0x41 && char <= 0x46) || (char >= 0x61 && char <= 0x66);
}

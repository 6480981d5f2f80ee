import { decodePercent, encodePercent } from "../document/percent.ts";

/** What becomes of one cookie's value, encodings undone; undefined: it goes with its name. `name` is empty where it has none. */
export type CookieVisit = (name: string, value: string) => string | undefined;

const QUOTE = 0x22;

/** RFC 6265 section 4.1.1 does not let them stand in a value. */
const NOT_IN_VALUE = /[^\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/g;

/**
 * Rewrites the pairs of a Cookie field; undefined: none is left. Pairs that do not change stay byte for byte. To browsers a semicolon ends a
 * value even within quotes, to some servers it does not: what follows it up to the closing quote is decided about as the cookie itself is.
 */
export function rewriteCookies(value: string, visit: CookieVisit): string | undefined {
  const pairs = value.split(";");
  const kept: string[] = [];
  let lastQuote = pairs.length - 1;
  while (lastQuote > 0 && !pairs[lastQuote]?.includes('"')) lastQuote--;
  /** The cookie whose quotes are open. */
  let open: string | undefined;
  for (const [i, pair] of pairs.entries()) {
    const rewritten =
      open === undefined ? rewritePair(pair, visit) : rewriteValue(pair, open, visit);
    if (open === undefined && i < lastQuote) open = openedBy(pair);
    else if (pair.includes('"')) open = undefined;
    if (rewritten !== undefined) kept.push(rewritten);
  }
  if (kept.length === pairs.length) return kept.join(";");
  const rest = kept.join(";").replace(/^[ \t]+/, "");
  return rest === "" ? undefined : rest;
}

/** Rewrites the one pair of a Set-Cookie field; its attributes stay. */
export function rewriteSetCookie(value: string, visit: CookieVisit): string | undefined {
  const end = value.indexOf(";");
  const pair = end < 0 ? value : value.slice(0, end);
  const rewritten = rewritePair(pair, visit);
  return rewritten === undefined ? undefined : rewritten + value.slice(pair.length);
}

/** The name of the cookie that opens quotes and does not close them. */
function openedBy(pair: string): string | undefined {
  const found = /^([^="]*)=[ \t]*"[^"]*$/.exec(pair);
  return found?.[1]?.trim();
}

function rewritePair(pair: string, visit: CookieVisit): string | undefined {
  const equals = pair.indexOf("=");
  // Without a name it is all value, as browsers see it.
  const nameEnd = Math.max(equals, 0);
  let start = skipBlanks(pair, equals + 1);
  let end = pair.length;
  while (end > start && isBlank(pair.charCodeAt(end - 1))) end--;
  if (end - start > 1 && pair.charCodeAt(start) === QUOTE && pair.charCodeAt(end - 1) === QUOTE) {
    start++;
    end--;
  }
  const value = rewriteValue(pair.slice(start, end), pair.slice(0, nameEnd).trim(), visit);
  return value === undefined ? undefined : pair.slice(0, start) + value + pair.slice(end);
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (isBlank(text.charCodeAt(at))) at++;
  return at;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function rewriteValue(written: string, name: string, visit: CookieVisit): string | undefined {
  const value = decodePercent(written, false);
  const standIn = visit(name, value);
  if (standIn === undefined) return undefined;
  if (standIn === value) return written;
  if (value !== written) return encodePercent(standIn);
  // What the client itself did not encode is not encoded: its server does not expect it.
  return standIn.replace(NOT_IN_VALUE, (char) =>
    written.includes(char) ? char : encodePercent(char),
  );
}

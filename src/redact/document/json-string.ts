/** What a letter behind a backslash stands for, RFC 8259 section 7; every other stands for itself. */
export const ESCAPED: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** UTF-8 of a code point, one character per byte. Surrogates that stand alone get the three bytes that UTF-8 would give them. */
export function utf8Text(codePoint: number): string {
  if (codePoint < 0x80) return String.fromCharCode(codePoint);
  const last = 0x80 | (codePoint & 0x3f);
  if (codePoint < 0x800) return String.fromCharCode(0xc0 | (codePoint >> 6), last);
  const middle = 0x80 | ((codePoint >> 6) & 0x3f);
  if (codePoint < 0x10000) return String.fromCharCode(0xe0 | (codePoint >> 12), middle, last);
  const second = 0x80 | ((codePoint >> 12) & 0x3f);
  return String.fromCharCode(0xf0 | (codePoint >> 18), second, middle, last);
}

/**
 * What stands between the quotes of a valid JSON string, escapes undone; a character that is not ASCII becomes its UTF-8, so that it
 * reads the same whether the document spells it out or escapes it.
 */
export function decodeJsonString(text: string, start: number, end: number): string {
  const pieces: string[] = [];
  let from = start;
  for (;;) {
    const at = text.indexOf("\\", from);
    if (at < 0 || at >= end) break;
    pieces.push(text.slice(from, at));
    const name = text.charAt(at + 1);
    from = at + 2;
    if (name !== "u") {
      pieces.push(ESCAPED[name] ?? name);
      continue;
    }
    let codePoint = unitAt(text, from);
    from += 4;
    if (codePoint >= 0xd800 && codePoint < 0xdc00 && text.startsWith("\\u", from)) {
      const low = unitAt(text, from + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        codePoint = 0x10000 + ((codePoint - 0xd800) << 10) + (low - 0xdc00);
        from += 6;
      }
    }
    pieces.push(utf8Text(codePoint));
  }
  pieces.push(text.slice(from, end));
  return pieces.join("");
}

function unitAt(text: string, at: number): number {
  return Number.parseInt(text.slice(at, at + 4), 16);
}

/** Quotes, backslashes, control characters; and surrogates that stand alone, which UTF-8 cannot express. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes exactly these.
const MUST_ESCAPE = /["\\\x00-\x1f]|\xed[\xa0-\xbf][\x80-\xbf]/g;

/** The JSON string of a text, with quotes. Only what must be is escaped. */
export function encodeJsonString(value: string): string {
  return `"${value.replace(MUST_ESCAPE, escapeOf)}"`;
}

function escapeOf(match: string): string {
  if (match.length === 3) {
    const unit = 0xd000 | ((match.charCodeAt(1) & 0x3f) << 6) | (match.charCodeAt(2) & 0x3f);
    return `\\u${unit.toString(16)}`;
  }
  return match < " " ? `\\u00${match.charCodeAt(0).toString(16).padStart(2, "0")}` : `\\${match}`;
}

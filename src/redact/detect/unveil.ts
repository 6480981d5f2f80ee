import { ESCAPED, utf8Text } from "../document/json-string.ts";

/** A text as whoever reads it in the end sees it. */
export interface Unveiled {
  readonly text: string;
  /** Where each of its characters began in the text that it was made of; one more, for the end. */
  readonly starts: Int32Array;
}

/**
 * What stands between a detector and what people see: escapes of a string within a string (JSON in JSON, as logs have it), blanks and
 * dashes that texts are typeset with, marks of no width, digits and letters of full width, digits of Arabic and Indian scripts. Text is
 * UTF-8, one character per byte; a blank of one byte is what ISO 8859 has.
 */
const VEILED =
  /\\["\\/bfnrtu]|\xc2[\xa0\xad]|\xd9[\xa0-\xa9]|\xdb[\xb0-\xb9]|\xe0\xa5[\xa6-\xaf]|\xe2(?:\x80[\x80-\x95\xa8-\xaf]|\x81[\x9f-\xaf]|\x88\x92)|\xe3\x80\x80|\xef(?:\xbb\xbf|\xbc[\x81-\xbf]|\xbd[\x80-\x9e])|(?<![\x80-\xff])\xa0/g;
const UNIT = /[0-9A-Fa-f]{4}/y;
const BLANK = " ";

/** Undoes one layer; undefined: there is none, as nearly always. */
export function unveil(text: string): Unveiled | undefined {
  VEILED.lastIndex = 0;
  let match = VEILED.exec(text);
  if (match === null) return undefined;
  const starts = new Int32Array(text.length + 1);
  const pieces: string[] = [];
  let length = 0;
  let from = 0;
  const copy = (to: number) => {
    for (let at = from; at < to; at++) starts[length++] = at;
    pieces.push(text.slice(from, to));
  };
  for (; match !== null; match = VEILED.exec(text)) {
    copy(match.index);
    const { plain, end } = plainOf(text, match.index, match[0]);
    starts.fill(match.index, length, length + plain.length);
    length += plain.length;
    pieces.push(plain);
    from = end;
    VEILED.lastIndex = end;
  }
  copy(text.length);
  starts[length] = text.length;
  return { text: pieces.join(""), starts };
}

/** What the veiled characters at `at` stand for, and where they end. */
function plainOf(text: string, at: number, found: string): { plain: string; end: number } {
  const end = at + found.length;
  if (!found.startsWith("\\")) return { plain: folded(found), end };
  const name = found.charAt(1);
  if (name !== "u") return { plain: ESCAPED[name] ?? name, end };
  UNIT.lastIndex = end;
  const unit = UNIT.exec(text)?.[0];
  return unit === undefined
    ? { plain: found, end }
    : { plain: utf8Text(Number.parseInt(unit, 16)), end: end + unit.length };
}

function folded(found: string): string {
  const second = found.charCodeAt(1);
  const last = found.charCodeAt(found.length - 1);
  switch (found.charCodeAt(0)) {
    case 0xc2:
      return last === 0xa0 ? BLANK : "";
    case 0xd9:
      return String.fromCharCode(last - 0xa0 + 0x30);
    case 0xdb:
      return String.fromCharCode(last - 0xb0 + 0x30);
    case 0xe0:
      return String.fromCharCode(last - 0xa6 + 0x30);
    case 0xe2:
      return foldedPunctuation(second, last);
    case 0xef:
      if (second === 0xbb) return "";
      return String.fromCharCode(second === 0xbc ? last - 0x60 : last - 0x20);
    default:
      return BLANK;
  }
}

/** U+2000 … U+206F and the minus sign. */
function foldedPunctuation(second: number, last: number): string {
  if (second === 0x88) return "-";
  if (second === 0x81) return last === 0x9f ? BLANK : "";
  if (last <= 0x8a || last === 0xa8 || last === 0xa9 || last === 0xaf) return BLANK;
  return last >= 0x90 && last <= 0x95 ? "-" : "";
}

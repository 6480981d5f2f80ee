import { type ContentType, isReadableCharset, parseContentType } from "../content/content-type.ts";
import { type Parameter, parseParameters } from "../content/parameters.ts";

/** One header line of a part, as offsets into the whole text. */
export interface HeaderLine {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** Behind its line break. */
  readonly end: number;
}

/** What a part's header lines say. Offsets of parameters count from `valueStart` of their line. */
export interface PartHead {
  readonly lines: readonly HeaderLine[];
  readonly disposition: readonly Parameter[];
  readonly name: string | undefined;
  /** As written; undefined for a plain field, with no type or the one that it has anyhow. */
  readonly contentType: string | undefined;
  readonly transferEncoding: string;
  readonly contentEncoding: string;
}

/** Longer heads of parts are refused. */
const MAX_HEAD_CHARS = 16_384;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const DISPOSITION = /^(?:form-data|attachment|inline|file)(?=[ \t;]|$)/i;
/** Words of RFC 2047 hide a text where nobody expects one. */
const ENCODED_WORD = /=\?[^?\s]*\?[bq]\?/i;
/** Lines that say how the part is read: two of them, and readers may disagree. */
const ONCE: ReadonlySet<string> = new Set([
  "content-disposition",
  "content-type",
  "content-transfer-encoding",
  "content-encoding",
]);

/** Undefined: it is malformed, folded, or could be read in two ways. */
export function parsePartHead(text: string, start: number, end: number): PartHead | undefined {
  if (end - start > MAX_HEAD_CHARS) return undefined;
  const lines: HeaderLine[] = [];
  const seen = new Map<string, string>();
  for (let at = start; at < end; ) {
    const line = headerLine(text, at, text.indexOf("\r\n", at));
    if (line === undefined || (ONCE.has(line.name) && seen.has(line.name))) return undefined;
    seen.set(line.name, line.value);
    lines.push(line);
    at = line.end;
  }
  const disposition = dispositionParameters(seen.get("content-disposition"));
  if (disposition === undefined) return undefined;
  const contentType = seen.get("content-type");
  const isFile = disposition.some((parameter) => parameter.name.startsWith("filename"));
  const isPlain = !isFile && isPlainText(contentType && parseContentType(contentType));
  return {
    lines,
    disposition,
    name: disposition.find((parameter) => parameter.name === "name")?.value,
    contentType: isPlain ? undefined : contentType,
    transferEncoding: seen.get("content-transfer-encoding") ?? "",
    contentEncoding: seen.get("content-encoding") ?? "",
  };
}

/** Some clients give each plain field the type that it has without. */
function isPlainText(contentType: ContentType | undefined | ""): boolean {
  return (
    typeof contentType === "object" &&
    contentType.type === "text/plain" &&
    isReadableCharset(contentType.charset)
  );
}

function headerLine(text: string, start: number, lineEnd: number): HeaderLine | undefined {
  const line = text.slice(start, lineEnd);
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(0, colon));
  if (!NAME.test(name) || /[\r\n\0]/.test(line) || ENCODED_WORD.test(line)) return undefined;
  let from = colon + 1;
  while (isSpace(line, from)) from++;
  let to = line.length;
  while (to > from && isSpace(line, to - 1)) to--;
  return {
    name: name.toLowerCase(),
    value: line.slice(from, to),
    start,
    valueStart: start + from,
    valueEnd: start + to,
    end: lineEnd + 2,
  };
}

/** Not `trim`: a byte 0xa0 is part of a character in UTF-8, not a space. */
function isSpace(line: string, at: number): boolean {
  return line.charAt(at) === " " || line.charAt(at) === "\t";
}

function dispositionParameters(value: string | undefined): readonly Parameter[] | undefined {
  if (value === undefined) return [];
  const type = DISPOSITION.exec(value);
  const parameters = type === null ? undefined : parseParameters(value, type[0].length);
  // RFC 7578 forbids `name*`; RFC 2231 cuts long values into `filename*0`, `filename*1`.
  const isOdd = parameters?.some(({ name }) => name.includes("*") && name !== "filename*") ?? true;
  return isOdd ? undefined : parameters;
}

/** One part of a multipart body, as offsets into the text. */
export interface PartFrame {
  /** Its delimiter, `--boundary`. */
  readonly start: number;
  /** First character of its header lines. */
  readonly headStart: number;
  /** End of its header lines, behind the last one's line break; equal to `headStart` when it has none. */
  readonly headEnd: number;
  readonly bodyStart: number;
  /** Before the line break that belongs to the next delimiter. Less than `bodyStart` when the part has no body at all. */
  readonly bodyEnd: number;
  /** The next delimiter. */
  readonly end: number;
}

export interface MultipartFrame {
  /** What stands before the first delimiter, without the line break that belongs to that. */
  readonly preambleEnd: number;
  readonly parts: readonly PartFrame[];
  /** What follows the line of the last delimiter. */
  readonly epilogueStart: number;
}

const CRLF = "\r\n";
const MAX_BOUNDARY_CHARS = 256;
/** Printable ASCII: RFC 2046 allows less, clients use more. */
const BOUNDARY = /^[\x20-\x7e]*[\x21-\x7e]$/;

/**
 * Finds the parts, RFC 2046 section 5.1.1; undefined: the text is no such document, is cut, or could be read in two ways: a delimiter after
 * a bare line feed, text behind a delimiter, delimiters behind the end. A lenient reader would see parts there that were never looked at.
 */
export function multipartFrame(text: string, boundary: string): MultipartFrame | undefined {
  if (boundary.length > MAX_BOUNDARY_CHARS || !BOUNDARY.test(boundary)) return undefined;
  const dash = `--${boundary}`;
  const parts: PartFrame[] = [];
  let preambleEnd = -1;
  let partStart = -1;
  let headStart = 0;
  for (let at = text.indexOf(dash); at >= 0; at = text.indexOf(dash, at + dash.length)) {
    const before = text.charAt(at - 1);
    const isLineStart = at === 0 || (before === "\n" && text.charAt(at - 2) === "\r");
    if (!isLineStart) {
      if (before === "\n" || before === "\r") return undefined;
      continue;
    }
    if (partStart < 0) preambleEnd = Math.max(0, at - 2);
    else {
      const part = partFrame(text, partStart, headStart, at);
      if (part === undefined) return undefined;
      parts.push(part);
    }
    const after = at + dash.length;
    const isClose = text.startsWith("--", after);
    const lineEnd = paddedLineEnd(text, isClose ? after + 2 : after, isClose);
    if (lineEnd < 0) return undefined;
    if (isClose)
      return hasDelimiter(text, dash, lineEnd)
        ? undefined
        : { preambleEnd, parts, epilogueStart: lineEnd };
    partStart = at;
    headStart = lineEnd;
  }
  return undefined;
}

function partFrame(
  text: string,
  start: number,
  headStart: number,
  end: number,
): PartFrame | undefined {
  let headEnd = headStart;
  if (!text.startsWith(CRLF, headStart)) {
    const empty = text.indexOf("\r\n\r\n", headStart);
    if (empty < 0) return undefined;
    headEnd = empty + 2;
  }
  const bodyStart = headEnd + 2;
  // The empty line may be the line break of the next delimiter: then there is no body.
  if (bodyStart > end) return undefined;
  return { start, headStart, headEnd, bodyStart, bodyEnd: end - 2, end };
}

/** Start of the next line; -1 when something but white space stands in this one. */
function paddedLineEnd(text: string, start: number, mayEnd: boolean): number {
  let at = start;
  while (text.charAt(at) === " " || text.charAt(at) === "\t") at++;
  if (text.startsWith(CRLF, at)) return at + 2;
  return mayEnd && at === text.length ? at : -1;
}

function hasDelimiter(text: string, dash: string, from: number): boolean {
  for (let at = text.indexOf(dash, from); at >= 0; at = text.indexOf(dash, at + dash.length)) {
    if (/[\r\n]/.test(text.charAt(at - 1))) return true;
  }
  return false;
}

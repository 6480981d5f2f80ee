import { CR, equalsIgnoringCase, HT, LF, SP } from "./char-class.ts";

/** What `ResponseHead.read` returns when there is no end of a head in the bytes, or when they are no response. */
export const INCOMPLETE = -1;
export const BAD = -2;

const MAX_LENGTH = Number.MAX_SAFE_INTEGER;
/** `HTTP/1.1 200` */
export const STATUS_LINE_BYTES = 12;

/**
 * The head of a response as far as framing goes, RFC 9112 sections 4 and 6.3. Unlike requests, responses come from a server
 * that is ours to measure, so a recipient's usual leniency is shown: bare LF ends a line, white space may precede a colon, a
 * Content-Length may be repeated with one value. A class for one hidden class; refilled for every response.
 */
export class ResponseHead {
  status = 0;
  /** -1: not given. */
  contentLength = -1;
  /** A Transfer-Encoding was given; the body is chunked only if `isChunked`. */
  isEncoded = false;
  /** The final coding is chunked. */
  isChunked = false;
  /** The server will close the connection after this response, RFC 9112 section 9.3. */
  closes = false;

  /** Reads the head at `start`; returns the position after its empty line, `INCOMPLETE` or `BAD`. */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < STATUS_LINE_BYTES) return INCOMPLETE;
    if (!this.readStatusLine(bytes, start)) return BAD;
    const isOld = bytes[start + 7] === 0x30;
    let keepsAlive = false;
    this.contentLength = -1;
    this.isEncoded = false;
    this.isChunked = false;
    this.closes = false;
    let at = start + STATUS_LINE_BYTES;
    while (at < end && bytes[at] !== LF) at++;
    at++;
    for (;;) {
      if (at >= end) return INCOMPLETE;
      const first = bytes[at];
      if (first === LF) break;
      if (first === CR) {
        if (at + 1 >= end) return INCOMPLETE;
        if (bytes[at + 1] !== LF) return BAD;
        at++;
        break;
      }
      const nameStart = at;
      let colon = -1;
      for (; at < end && bytes[at] !== LF; at++) if (colon < 0 && bytes[at] === 0x3a) colon = at;
      if (at >= end) return INCOMPLETE;
      const lineEnd = at++;
      // A line that begins with white space continues the value before it; none that matters here is folded.
      if (first === SP || first === HT) continue;
      if (colon < 0) return BAD;
      const nameEnd = trimEnd(bytes, nameStart, colon);
      const length = nameEnd - nameStart;
      if (length === 10 && equalsIgnoringCase(bytes, nameStart, nameEnd, "connection")) {
        const valueEnd = trimEnd(bytes, colon + 1, lineEnd);
        if (hasOption(bytes, colon + 1, valueEnd, "close")) this.closes = true;
        if (hasOption(bytes, colon + 1, valueEnd, "keep-alive")) keepsAlive = true;
      } else if (length === 14 && equalsIgnoringCase(bytes, nameStart, nameEnd, "content-length")) {
        if (!this.readLength(bytes, colon + 1, trimEnd(bytes, colon + 1, lineEnd))) return BAD;
      } else if (
        length === 17 &&
        equalsIgnoringCase(bytes, nameStart, nameEnd, "transfer-encoding")
      ) {
        const valueEnd = trimEnd(bytes, colon + 1, lineEnd);
        let last = valueEnd;
        while (last > colon + 1 && bytes[last - 1] !== 0x2c) last--;
        this.isEncoded = true;
        last = trimStart(bytes, last, valueEnd);
        this.isChunked = equalsIgnoringCase(bytes, last, valueEnd, "chunked");
      }
    }
    if (isOld && !keepsAlive) this.closes = true;
    // Both framings, or one that the version does not know: the connection is not to be trusted further (section 6.1).
    if (this.isEncoded && (isOld || this.contentLength >= 0)) this.closes = true;
    return at + 1;
  }

  private readStatusLine(bytes: Uint8Array, start: number): boolean {
    if (
      bytes[start] !== 0x48 ||
      bytes[start + 1] !== 0x54 ||
      bytes[start + 2] !== 0x54 ||
      bytes[start + 3] !== 0x50 ||
      bytes[start + 4] !== 0x2f ||
      bytes[start + 5] !== 0x31 ||
      bytes[start + 6] !== 0x2e ||
      (bytes[start + 7] !== 0x31 && bytes[start + 7] !== 0x30) ||
      bytes[start + 8] !== SP
    )
      return false;
    let status = 0;
    for (let at = start + 9; at < start + STATUS_LINE_BYTES; at++) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9) return false;
      status = status * 10 + digit;
    }
    this.status = status;
    return status >= 100 && status < 600;
  }

  /** One decimal number, or a list of the same one. */
  private readLength(bytes: Uint8Array, start: number, end: number): boolean {
    let at = trimStart(bytes, start, end);
    for (;;) {
      let value = 0;
      const digitsStart = at;
      for (; at < end; at++) {
        const digit = (bytes[at] as number) - 0x30;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
        if (value > MAX_LENGTH) return false;
      }
      if (at === digitsStart) return false;
      if (this.contentLength >= 0 && this.contentLength !== value) return false;
      this.contentLength = value;
      at = trimStart(bytes, at, end);
      if (at === end) return true;
      if (bytes[at] !== 0x2c) return false;
      at = trimStart(bytes, at + 1, end);
    }
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === SP || byte === HT || byte === CR;
}

function trimEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && isBlank(bytes[at - 1])) at--;
  return at;
}

function trimStart(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(bytes[at])) at++;
  return at;
}

/** Whether a comma-separated list has this option. */
function hasOption(bytes: Uint8Array, start: number, end: number, option: string): boolean {
  let from = start;
  while (from < end) {
    let to = from;
    while (to < end && bytes[to] !== 0x2c) to++;
    const optionStart = trimStart(bytes, from, to);
    if (equalsIgnoringCase(bytes, optionStart, trimEnd(bytes, optionStart, to), option))
      return true;
    from = to + 1;
  }
  return false;
}

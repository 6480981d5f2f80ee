import type { MalformedReason } from "../../model/ledger.ts";
import { type BodyFraming, FIELD_STRIDE, type RequestView } from "../../model/request.ts";
import { CharClass, CR, equalsIgnoringCase, HT, isBlank, LF, runEnd, SP } from "./char-class.ts";
import { ConnectionOption, connectionOptions } from "./connection-options.ts";
import { isTarget } from "./request-target.ts";

/** What `RequestHead.read` found; every code from `requestLine` on is a fault. */
export const HeadCode = {
  complete: 0,
  incomplete: 1,
  requestLine: 2,
  version: 3,
  headerField: 4,
  contentLength: 5,
  transferEncoding: 6,
} as const;

const REASONS: readonly MalformedReason[] = [
  "incomplete",
  "incomplete",
  "request_line",
  "version",
  "header_field",
  "content_length",
  "transfer_encoding",
];

/** The ledger's name for a fault code. */
export function reasonOf(code: number): MalformedReason {
  return REASONS[code] ?? "header_field";
}

const MAX_LENGTH = Number.MAX_SAFE_INTEGER;
const COLON = 0x3a;
/** `HTTP/1.1` and CRLF. */
const VERSION_BYTES = 10;

/**
 * The head of an HTTP/1.x request, RFC 9112 sections 2 to 6, read in one pass over contiguous bytes.
 *
 * It is the `RequestView` that the sink gets, refilled for every request; a class so that all views have one hidden class.
 * What is refused although Node's parser (llhttp 9, default strictness) takes it, because live server and shadow might
 * disagree about it:
 *
 *     more than one space between method and target
 *     target `*` followed by more; user information or an empty host in an absolute form
 *     Transfer-Encoding other than exactly `chunked`, white space after it included; any on HTTP/1.0
 *     CONNECT with Content-Length or Transfer-Encoding
 *     HTTP/0.9 with or without a version, HTTP/2.0
 *     bare CR or LF before a request line; see chunked-body.ts for chunk lines and trailers
 *
 * What is taken although Node refuses it: a method that Node has no name for (any token is one, RFC 9110 section 9.1),
 * and obs-fold in a field that does not frame the message (RFC 9112 section 5.2 leaves the choice to the server).
 */
export class RequestHead implements RequestView {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  lineEnd = 0;
  headEnd = 0;
  bodyEnd = 0;
  method = "";
  minorVersion: 0 | 1 = 1;
  fields: Int32Array = new Int32Array(64 * FIELD_STRIDE);
  fieldCount = 0;
  framing: BodyFraming = "none";
  contentLength = 0;
  timeNs = 0;
  sample = -1;
  /** The client asks to leave HTTP/1.1 after this request: CONNECT, or Upgrade with `Connection: upgrade`. */
  upgrades = false;
  /** Carries X-Shadow-Request: it was sent by a mirror. */
  isShadow = false;
  /** No request follows on this connection, RFC 9112 section 9.6. */
  isLast = false;

  private sawLength = false;
  private sawChunked = false;
  private sawUpgrade = false;
  private connectionOptions = 0;

  /** Reads the head that begins at `start`. On `complete` every member but `bodyEnd`, `timeNs` and `sample` is set. */
  read(bytes: Uint8Array, start: number, end: number): number {
    let at = runEnd(bytes, start, end, CharClass.token);
    if (at === end) return HeadCode.incomplete;
    if (at === start || bytes[at] !== SP) return HeadCode.requestLine;
    this.bytes = bytes;
    this.start = start;
    this.methodEnd = at;
    this.targetStart = ++at;
    at = runEnd(bytes, at, end, CharClass.target);
    if (at === end) return HeadCode.incomplete;
    if (bytes[at] !== SP) return HeadCode.requestLine;
    this.targetEnd = at++;
    if (end - at < VERSION_BYTES) return HeadCode.incomplete;
    const versionCode = this.readVersion(bytes, at);
    if (versionCode !== HeadCode.complete) return versionCode;
    this.method = methodOf(bytes, start, this.methodEnd);
    if (!isTarget(bytes, this.targetStart, this.targetEnd, this.method === "CONNECT"))
      return HeadCode.requestLine;
    this.lineEnd = at + VERSION_BYTES;
    const fieldsCode = this.readFields(bytes, this.lineEnd, end);
    return fieldsCode === HeadCode.complete ? this.conclude() : fieldsCode;
  }

  private readVersion(bytes: Uint8Array, at: number): number {
    // "HTTP/", then one digit on each side of a dot: anything else is not a version at all.
    if (
      bytes[at] !== 0x48 ||
      bytes[at + 1] !== 0x54 ||
      bytes[at + 2] !== 0x54 ||
      bytes[at + 3] !== 0x50 ||
      bytes[at + 4] !== 0x2f ||
      bytes[at + 6] !== 0x2e
    )
      return HeadCode.requestLine;
    const minor = (bytes[at + 7] as number) - 0x30;
    if (bytes[at + 5] !== 0x31 || (minor !== 0 && minor !== 1)) return HeadCode.version;
    if (bytes[at + 8] !== CR || bytes[at + 9] !== LF) return HeadCode.requestLine;
    this.minorVersion = minor;
    return HeadCode.complete;
  }

  private readFields(bytes: Uint8Array, from: number, end: number): number {
    let at = from;
    this.fieldCount = 0;
    this.framing = "none";
    this.contentLength = 0;
    this.isShadow = false;
    this.sawLength = false;
    this.sawChunked = false;
    this.sawUpgrade = false;
    this.connectionOptions = 0;
    for (;;) {
      if (at >= end) return HeadCode.incomplete;
      if (bytes[at] === CR) {
        if (at + 1 >= end) return HeadCode.incomplete;
        if (bytes[at + 1] !== LF) return HeadCode.headerField;
        this.headEnd = at + 2;
        return HeadCode.complete;
      }
      const nameStart = at;
      at = runEnd(bytes, at, end, CharClass.token);
      if (at === end) return HeadCode.incomplete;
      if (at === nameStart || bytes[at] !== COLON) return HeadCode.headerField;
      const nameEnd = at++;
      while (at < end && (bytes[at] === SP || bytes[at] === HT)) at++;
      let valueStart = at;
      let valueEnd = at;
      let folded = false;
      for (;;) {
        at = runEnd(bytes, at, end, CharClass.value);
        // Three bytes show where the line ends and that the next one is not a continuation.
        if (at + 2 >= end)
          return at < end && (bytes[at] !== CR || (at + 1 < end && bytes[at + 1] !== LF))
            ? HeadCode.headerField
            : HeadCode.incomplete;
        if (bytes[at] !== CR || bytes[at + 1] !== LF) return HeadCode.headerField;
        valueEnd = at;
        at += 2;
        if (bytes[at] !== SP && bytes[at] !== HT) break;
        folded = true;
      }
      while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1] as number)) valueEnd--;
      if (folded)
        while (valueStart < valueEnd && isBlank(bytes[valueStart] as number)) valueStart++;
      this.addField(nameStart, nameEnd, valueStart, valueEnd);
      const code = this.heed(bytes, nameStart, nameEnd, valueStart, valueEnd, folded);
      if (code !== HeadCode.complete) return code;
    }
  }

  private addField(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const slot = this.fieldCount++ * FIELD_STRIDE;
    if (slot === this.fields.length) {
      const grown = new Int32Array(slot * 2);
      grown.set(this.fields);
      this.fields = grown;
    }
    const fields = this.fields;
    fields[slot] = nameStart;
    fields[slot + 1] = nameEnd;
    fields[slot + 2] = valueStart;
    fields[slot + 3] = valueEnd;
  }

  /** Takes note of the fields that frame the message or decide about the connection; told apart by length first. */
  private heed(
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
    folded: boolean,
  ): number {
    switch (nameEnd - nameStart) {
      case 7:
        if (equalsIgnoringCase(bytes, nameStart, nameEnd, "upgrade")) this.sawUpgrade = true;
        break;
      case 10:
        if (equalsIgnoringCase(bytes, nameStart, nameEnd, "connection")) {
          if (folded) return HeadCode.headerField;
          this.connectionOptions |= connectionOptions(bytes, valueStart, valueEnd);
        }
        break;
      case 14:
        if (equalsIgnoringCase(bytes, nameStart, nameEnd, "content-length")) {
          if (folded || this.sawLength) return HeadCode.contentLength;
          this.sawLength = true;
          this.contentLength = decimal(bytes, valueStart, valueEnd);
          if (this.contentLength < 0) return HeadCode.contentLength;
        }
        break;
      case 16:
        if (equalsIgnoringCase(bytes, nameStart, nameEnd, "x-shadow-request")) this.isShadow = true;
        // Not a standard field, but servers heed it (Node's parser does), and a request after the last is none.
        else if (equalsIgnoringCase(bytes, nameStart, nameEnd, "proxy-connection")) {
          if (folded) return HeadCode.headerField;
          this.connectionOptions |= connectionOptions(bytes, valueStart, valueEnd);
        }
        break;
      case 17:
        if (equalsIgnoringCase(bytes, nameStart, nameEnd, "transfer-encoding")) {
          if (folded || this.sawChunked) return HeadCode.transferEncoding;
          this.sawChunked = true;
          if (bytes[valueEnd] !== CR || !equalsIgnoringCase(bytes, valueStart, valueEnd, "chunked"))
            return HeadCode.transferEncoding;
        }
        break;
      default:
    }
    return HeadCode.complete;
  }

  /** Message framing, RFC 9112 section 6.3, and persistence, section 9.3, from the fields that were heeded. */
  private conclude(): number {
    const isConnect = this.method === "CONNECT";
    if (this.sawChunked) {
      if (this.sawLength || this.minorVersion === 0 || isConnect) return HeadCode.transferEncoding;
      this.framing = "chunked";
    } else if (this.sawLength) {
      if (isConnect) return HeadCode.contentLength;
      this.framing = "length";
    }
    const options = this.connectionOptions;
    this.upgrades = isConnect || (this.sawUpgrade && (options & ConnectionOption.upgrade) !== 0);
    this.isLast =
      this.minorVersion === 1
        ? (options & ConnectionOption.close) !== 0
        : (options & ConnectionOption.keepAlive) === 0;
    return HeadCode.complete;
  }
}

/** A run of decimal digits as a number; -1 when it is anything else, or more than 2^53 - 1. */
function decimal(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > MAX_LENGTH) return -1;
  }
  return value;
}

const KNOWN_METHODS = ["GET", "PUT", "POST", "HEAD", "PATCH", "DELETE", "OPTIONS"] as const;

/** The method as a string, without making one for the usual methods. */
function methodOf(bytes: Uint8Array, start: number, end: number): string {
  for (const method of KNOWN_METHODS) {
    if (method.length !== end - start || method.charCodeAt(0) !== bytes[start]) continue;
    let i = 1;
    while (i < method.length && method.charCodeAt(i) === bytes[start + i]) i++;
    if (i === method.length) return method;
  }
  let method = "";
  for (let at = start; at < end; at++) method += String.fromCharCode(bytes[at] as number);
  return method;
}

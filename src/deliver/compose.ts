import { FIELD_STRIDE, type RequestView } from "../model/request.ts";
import type { Target } from "../model/target.ts";
import { createFates, Fate, isNamed } from "./field-fates.ts";
import { decideMarks, type Marks, MOST_MARK_BYTES, SHADOW_BAGGAGE } from "./marks.ts";

/** Rewrites a client's request into the copy for one target. */
export interface Composer {
  /** No copy of this request is longer. */
  maxBytes(request: RequestView): number;
  /** Writes the copy to `out` from `at` on, which must have room for `maxBytes`; returns where it ends. */
  compose(request: RequestView, out: Uint8Array, at: number): number;
}

/** Fields that a Connection field cannot name away: without them the copy would be another message. */
const ESSENTIAL = new Set(["host", "content-length", "transfer-encoding", "trailer"]);

const SPACE = 0x20;
const CR = 0x0d;
const SLASH = 0x2f;
const ASTERISK = 0x2a;
const QUOTE = 0x22;
const VERSION = Buffer.from(" HTTP/1.1\r\n");
const MARK = Buffer.from("X-Shadow-Request: true\r\n");
const MARK_WITH_BAGGAGE = Buffer.from(`${MARK}${SHADOW_BAGGAGE}`);
const KEY_PREFIX = Buffer.from("shadow-");

/**
 * The copy is byte for byte what the client sent, except: the version is 1.1, the target's path prefix stands before
 * the path, fields of the client's connection are left out, Host follows the policy, and the headers to set and to remove.
 * It is marked as a copy: `X-Shadow-Request: true` and the baggage member `shadow=true` are added, a valid traceparent gets a
 * new span, which tracestate links to the original's, and values that tell retries of one request get the prefix `shadow-`, so
 * that a store that live and shadow share knows the copy from the original, and its retries as such. Bodies are never touched.
 */
export function createComposer(target: Target): Composer {
  const prefix = Buffer.from(target.pathPrefix);
  const { hostPolicy, setHeaders } = target.options;
  const hostName = hostPolicy.kind === "name" ? hostPolicy.name : target.authority;
  const hostField = Buffer.from(`Host: ${hostName}\r\n`);
  const setFields = setHeaders.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const tail = Buffer.from(`${setFields}\r\n`);
  const setsHost = setHeaders.some(([name]) => name.toLowerCase() === "host");
  const extraBytes =
    prefix.length +
    VERSION.length +
    hostField.length +
    MARK_WITH_BAGGAGE.length +
    MOST_MARK_BYTES +
    tail.length +
    2;
  const fateOf = createFates(target.options);

  /** What `decide` found out about the request at hand. */
  let fates = new Uint8Array(64);
  let hosts = 0;
  let namesFields = false;
  let marks: Marks | undefined;

  function decide(request: RequestView): void {
    const { bytes, fields, fieldCount } = request;
    if (fates.length < fieldCount) fates = new Uint8Array(fieldCount * 2);
    hosts = 0;
    namesFields = false;
    let marksFields = false;
    for (let i = 0; i < fieldCount; i++) {
      const at = i * FIELD_STRIDE;
      let fate = fateOf(bytes, fields[at] as number, fields[at + 1] as number);
      if (fate === Fate.host) {
        // The first one is replaced and others go: two would be an invalid request of our own making.
        if (hostPolicy.kind === "keep") fate = Fate.keep;
        else if (hosts > 0) fate = Fate.drop;
        hosts++;
      } else if (fate === Fate.connection) {
        namesFields ||= !isUsual(bytes, fields[at + 2] as number, fields[at + 3] as number);
      } else marksFields ||= fate >= Fate.baggage;
      fates[i] = fate;
    }
    if (namesFields) decideByConnection(request);
    marks = marksFields ? decideMarks(request, fates) : undefined;
  }

  /** Drops the fields that a Connection field names. */
  function decideByConnection(request: RequestView): void {
    const { bytes, fields, fieldCount } = request;
    for (let i = 0; i < fieldCount; i++) {
      if (fates[i] !== Fate.connection) continue;
      const at = i * FIELD_STRIDE + 2;
      const value = latin1(bytes, fields[at] as number, fields[at + 1] as number);
      for (const option of value.toLowerCase().split(",")) {
        const name = option.trim();
        if (name !== "" && name !== "connection" && !ESSENTIAL.has(name))
          dropNamed(request, Buffer.from(name, "latin1"));
      }
    }
  }

  function dropNamed(request: RequestView, name: Uint8Array): void {
    const { bytes, fields, fieldCount } = request;
    for (let i = 0; i < fieldCount; i++) {
      const start = fields[i * FIELD_STRIDE] as number;
      const end = fields[i * FIELD_STRIDE + 1] as number;
      if (end - start === name.length && isNamed(bytes, start, name)) fates[i] = Fate.drop;
    }
  }

  /** Writes a request line that is not the client's own; returns where it ends. */
  function composeLine(request: RequestView, out: Uint8Array, from: number): number {
    const { bytes, targetStart, targetEnd } = request;
    const insertAt = prefixAt(request);
    let at = copy(bytes, request.start, request.methodEnd, out, from);
    out[at++] = SPACE;
    at = copy(bytes, targetStart, insertAt, out, at);
    if (insertAt >= 0) at = copy(prefix, 0, prefix.length, out, at);
    at = copy(bytes, Math.max(insertAt, targetStart), targetEnd, out, at);
    return copy(VERSION, 0, VERSION.length, out, at);
  }

  /** Where in the request target the prefix goes, RFC 9112 section 3.2; -1 for nowhere. */
  function prefixAt({ bytes, method, targetStart, targetEnd }: RequestView): number {
    if (prefix.length === 0 || method === "CONNECT") return -1;
    const first = bytes[targetStart];
    if (first === SLASH) return targetStart;
    if (first === ASTERISK) return -1;
    const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(latin1(bytes, targetStart, targetEnd));
    return absolute === null ? -1 : targetStart + absolute[0].length;
  }

  function compose(request: RequestView, out: Uint8Array, from: number): number {
    const { bytes, fields, fieldCount, lineEnd, headEnd } = request;
    decide(request);

    let at = from;
    let runStart = lineEnd;
    const sameLine =
      prefix.length === 0 &&
      request.minorVersion === 1 &&
      request.targetStart === request.methodEnd + 1 &&
      lineEnd === request.targetEnd + VERSION.length;
    if (sameLine) runStart = request.start;
    else at = composeLine(request, out, at);

    // What is kept is copied in runs as long as they come.
    const fieldsEnd = headEnd - (bytes[headEnd - 2] === CR ? 2 : 1);
    for (let i = 0; i < fieldCount; i++) {
      const fate = fates[i];
      if (fate === Fate.keep) continue;
      const valueAt = fields[i * FIELD_STRIDE + 2] as number;
      const valueEnd = fields[i * FIELD_STRIDE + 3] as number;
      if (fate === Fate.key) {
        // Nothing is told by an empty one; a structured field's string begins within its quotes.
        if (valueAt === valueEnd) continue;
        const keyAt = bytes[valueAt] === QUOTE ? valueAt + 1 : valueAt;
        at = copy(bytes, runStart, keyAt, out, at);
        at = copy(KEY_PREFIX, 0, KEY_PREFIX.length, out, at);
        runStart = keyAt;
        continue;
      }
      if (fate === Fate.newValue) {
        at = copy(bytes, runStart, valueAt, out, at);
        at = write(marks?.values[i] ?? "", out, at);
        runStart = valueEnd;
        continue;
      }
      at = copy(bytes, runStart, fields[i * FIELD_STRIDE] as number, out, at);
      if (fate === Fate.host) at = copy(hostField, 0, hostField.length, out, at);
      runStart = i + 1 < fieldCount ? (fields[(i + 1) * FIELD_STRIDE] as number) : fieldsEnd;
    }
    at = copy(bytes, runStart, fieldsEnd, out, at);
    if (hosts === 0 && !setsHost) at = copy(hostField, 0, hostField.length, out, at);
    if (marks === undefined) at = copy(MARK_WITH_BAGGAGE, 0, MARK_WITH_BAGGAGE.length, out, at);
    else {
      at = copy(MARK, 0, MARK.length, out, at);
      at = write(marks.added, out, at);
    }
    at = copy(tail, 0, tail.length, out, at);
    return copy(bytes, headEnd, request.bodyEnd, out, at);
  }

  return {
    // Any field may be a key.
    maxBytes: (request) =>
      request.bodyEnd - request.start + extraBytes + request.fieldCount * KEY_PREFIX.length,
    compose,
  };
}

const CLOSE = Buffer.from("close");
const KEEP_ALIVE = Buffer.from("keep-alive");

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}

/** Whether a Connection field says only `close` or `keep-alive`, or nothing. */
function isUsual(bytes: Uint8Array, start: number, end: number): boolean {
  const count = end - start;
  if (count === CLOSE.length) return isNamed(bytes, start, CLOSE);
  if (count === KEEP_ALIVE.length) return isNamed(bytes, start, KEEP_ALIVE);
  return count === 0;
}

/** Writes latin1 text; returns where it ends. */
function write(text: string, out: Uint8Array, at: number): number {
  Buffer.prototype.latin1Write.call(out, text, at, text.length);
  return at + text.length;
}

/** Copies `from[start … end)`, nothing when it is empty; returns where it ends. */
function copy(from: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  const count = end - start;
  if (count <= 0) return at;
  if (count < 32) {
    for (let i = 0; i < count; i++) out[at + i] = from[start + i] as number;
  } else {
    out.set(from.subarray(start, end), at);
  }
  return at + count;
}

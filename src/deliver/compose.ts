import { FIELD_STRIDE, type RequestView } from "../model/request.ts";
import type { Target } from "../model/target.ts";

/** What becomes of one header field. */
const Fate = { keep: 0, drop: 1, host: 2, connection: 3 } as const;
type Fate = (typeof Fate)[keyof typeof Fate];

interface NamedFate {
  /** Lower case. */
  readonly name: Uint8Array;
  readonly fate: Fate;
}

/** Rewrites a client's request into the copy for one target. */
export interface Composer {
  /** No copy of this request is longer. */
  maxBytes(request: RequestView): number;
  /** Writes the copy to `out` from `at` on, which must have room for `maxBytes`; returns where it ends. */
  compose(request: RequestView, out: Uint8Array, at: number): number;
}

/** Fields of the client's connection (RFC 9110 section 7.6.1); the mark is set anew. */
const DROPPED = [
  "keep-alive",
  "proxy-connection",
  "upgrade",
  "expect",
  "x-shadow-request",
] as const;

/** Fields that a Connection field cannot name away: without them the copy would be another message. */
const ESSENTIAL = new Set(["host", "content-length", "transfer-encoding", "trailer"]);

const SPACE = 0x20;
const CR = 0x0d;
const SLASH = 0x2f;
const ASTERISK = 0x2a;
const VERSION = Buffer.from(" HTTP/1.1\r\n");

/**
 * The copy is byte for byte what the client sent, except: the version is 1.1, the target's path prefix stands before
 * the path, fields of the client's connection are left out, `X-Shadow-Request: true` is added, Host follows the policy,
 * and the headers to set and to remove. Bodies are never touched.
 */
export function createComposer(target: Target): Composer {
  const prefix = Buffer.from(target.pathPrefix);
  const { hostPolicy, setHeaders, removeHeaders } = target.options;
  const hostName = hostPolicy.kind === "name" ? hostPolicy.name : target.authority;
  const hostField = Buffer.from(`Host: ${hostName}\r\n`);
  const setFields = setHeaders.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const tail = Buffer.from(`X-Shadow-Request: true\r\n${setFields}\r\n`);
  const setsHost = setHeaders.some(([name]) => name.toLowerCase() === "host");
  const extraBytes = prefix.length + VERSION.length + hostField.length + tail.length + 2;

  /** Indexed by the length of the name: most fields are kept after one look. */
  const byLength: (NamedFate[] | undefined)[] = [];
  const addFate = (name: string, fate: Fate) => {
    const folded = Buffer.from(name.toLowerCase());
    const same = byLength[folded.length];
    if (same === undefined) byLength[folded.length] = [{ name: folded, fate }];
    else same.push({ name: folded, fate });
  };
  addFate("connection", Fate.connection);
  for (const name of DROPPED) addFate(name, Fate.drop);
  for (const name of removeHeaders) addFate(name, Fate.drop);
  for (const [name] of setHeaders) addFate(name, Fate.drop);
  if (!setsHost) addFate("host", Fate.host);

  /** What `decide` found out about the request at hand. */
  let fates = new Uint8Array(64);
  let hosts = 0;
  let namesFields = false;

  function fateOf(bytes: Uint8Array, start: number, end: number): Fate {
    const candidates = byLength[end - start];
    if (candidates === undefined) return Fate.keep;
    for (const candidate of candidates)
      if (isNamed(bytes, start, candidate.name)) return candidate.fate;
    return Fate.keep;
  }

  function decide(request: RequestView): void {
    const { bytes, fields, fieldCount } = request;
    if (fates.length < fieldCount) fates = new Uint8Array(fieldCount * 2);
    hosts = 0;
    namesFields = false;
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
      }
      fates[i] = fate;
    }
    if (namesFields) decideByConnection(request);
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
      at = copy(bytes, runStart, fields[i * FIELD_STRIDE] as number, out, at);
      if (fate === Fate.host) at = copy(hostField, 0, hostField.length, out, at);
      runStart = i + 1 < fieldCount ? (fields[(i + 1) * FIELD_STRIDE] as number) : fieldsEnd;
    }
    at = copy(bytes, runStart, fieldsEnd, out, at);
    if (hosts === 0 && !setsHost) at = copy(hostField, 0, hostField.length, out, at);
    at = copy(tail, 0, tail.length, out, at);
    return copy(bytes, headEnd, request.bodyEnd, out, at);
  }

  return {
    maxBytes: (request) => request.bodyEnd - request.start + extraBytes,
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

/** Whether the bytes from `start` on are `lower`, whatever their case. */
function isNamed(bytes: Uint8Array, start: number, lower: Uint8Array): boolean {
  for (let i = 0; i < lower.length; i++) {
    let byte = bytes[start + i] as number;
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    if (byte !== lower[i]) return false;
  }
  return true;
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

import type { RefusalReason } from "../../model/redaction.ts";
import { Edits } from "./edits.ts";
import { decodeJsonString, encodeJsonString } from "./json-string.ts";
import { literalEnd, numberEnd, skipSpace, stringEnd } from "./json-token.ts";
import type { JsonPlace, Rewritten, Visit } from "./rewrite.ts";

/** Deeper documents are refused whatever is asked for: each level takes stack. */
export const MAX_JSON_DEPTH = 256;

export interface JsonLimits {
  /** Objects and arrays within each other; at most MAX_JSON_DEPTH. */
  readonly maxDepth: number;
  /** Asked for each object and array, with its path: whether it is removed as a whole. */
  readonly removes?: (
    path: readonly (string | number)[],
    containers: JsonPlace["containers"],
  ) => boolean;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const ARRAY = 0x5b;
const ARRAY_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
const BYTE_ORDER_MARK = "\xef\xbb\xbf";

/**
 * Rewrites a JSON document in place: white space, spelling of numbers, order, duplicate members and escapes stay as they are, but for what
 * the visitor replaces. Accepts what a reader of UTF-8 that calls JSON.parse accepts: bytes that are not UTF-8 pass inside strings, a byte
 * order mark is passed over. Each duplicate of a member is shown. A document that is removed as a whole becomes `null`.
 */
export function rewriteJson(text: string, visit: Visit<JsonPlace>, limits: JsonLimits): Rewritten {
  const rewrite = new JsonRewrite(text, visit, limits);
  return rewrite.document(text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0);
}

/** Begins each document of a sequence, RFC 7464. */
const RECORD_SEPARATOR = "\x1e";

/** The same for one document a line; empty lines are kept. */
export function rewriteNdjson(
  text: string,
  visit: Visit<JsonPlace>,
  limits: JsonLimits,
): Rewritten {
  const lines = text.split("\n");
  for (const [i, line] of lines.entries()) {
    if (skipSpace(line, 0) === line.length) continue;
    const mark = line.startsWith(RECORD_SEPARATOR) ? RECORD_SEPARATOR : "";
    const rewritten = rewriteJson(line.slice(mark.length), visit, limits);
    if (rewritten.kind === "refused") return rewritten;
    lines[i] = mark + rewritten.text;
  }
  return { kind: "text", text: lines.join("\n") };
}

/** Of all documents. */
let containerCount = 0;

/** One pass over one document. A class, as it is the hottest object of `standard`: positions are numbers, a fault is -1. */
class JsonRewrite {
  private readonly text: string;
  private readonly visit: Visit<JsonPlace>;
  private readonly removes: JsonLimits["removes"];
  private readonly maxDepth: number;
  private readonly edits = new Edits();
  private readonly path: (string | number)[] = [];
  private readonly containers: number[] = [];
  private readonly place = {
    kind: "json" as const,
    path: this.path,
    containers: this.containers,
    isName: false,
    isNumber: false,
    isLiteral: false,
  };
  private reason: RefusalReason = "unparsable";
  /** Whether the value read last is to be removed. */
  private isRemoved = false;
  /** Within something that is removed nothing is shown. */
  private isQuiet = false;

  constructor(text: string, visit: Visit<JsonPlace>, limits: JsonLimits) {
    this.text = text;
    this.visit = visit;
    this.removes = limits.removes;
    this.maxDepth = Math.min(limits.maxDepth, MAX_JSON_DEPTH);
  }

  document(start: number): Rewritten {
    const { text } = this;
    const valueStart = skipSpace(text, start);
    const end = this.value(valueStart, 1);
    if (end < 0 || skipSpace(text, end) !== text.length)
      return { kind: "refused", reason: this.reason };
    if (this.isRemoved) this.edits.replace(valueStart, end, "null");
    return { kind: "text", text: this.edits.apply(text) };
  }

  /** Reads the value at `at`; returns its end. */
  private value(at: number, depth: number): number {
    const char = this.text.charCodeAt(at);
    this.isRemoved = false;
    if (char === QUOTE) return this.string(at, false);
    if (char === OBJECT || char === ARRAY) return this.container(at, depth, char === OBJECT);
    const isLiteral = char >= 0x61;
    const end = isLiteral ? literalEnd(this.text, at) : numberEnd(this.text, at);
    if (end >= 0 && !this.isQuiet) this.bare(at, end, isLiteral);
    return end;
  }

  /** Shows the string at `at`; the last of the path is set to it when it is a name. */
  private string(at: number, isName: boolean): number {
    const { text, place } = this;
    const found = stringEnd(text, at);
    if (found === -1) return -1;
    const end = found < 0 ? -2 - found : found;
    if (this.isQuiet) return end;
    const value = found < 0 ? decodeJsonString(text, at + 1, end - 1) : text.slice(at + 1, end - 1);
    if (isName) this.path[this.path.length - 1] = value;
    place.isName = isName;
    const standIn = this.visit(place, value);
    if (standIn === undefined) this.isRemoved = true;
    else if (standIn !== value) this.edits.replace(at, end, encodeJsonString(standIn));
    return end;
  }

  /** Shows the number or literal `start … end`. */
  private bare(start: number, end: number, isLiteral: boolean): void {
    const { place } = this;
    const value = this.text.slice(start, end);
    place.isName = false;
    place.isNumber = !isLiteral;
    place.isLiteral = isLiteral;
    const standIn = this.visit(place, value);
    place.isNumber = false;
    place.isLiteral = false;
    if (standIn === undefined) this.isRemoved = true;
    else if (standIn !== value) {
      const isBare =
        numberEnd(standIn, 0) === standIn.length ||
        (isLiteral && literalEnd(standIn, 0) === standIn.length);
      this.edits.replace(start, end, isBare ? standIn : encodeJsonString(standIn));
    }
  }

  /** Reads the object or array at `at`; removes it, or shows what is in it. */
  private container(at: number, depth: number, isObject: boolean): number {
    if (depth > this.maxDepth) {
      this.reason = "too_deep";
      return -1;
    }
    if (this.isQuiet || this.removes === undefined || !this.removes(this.path, this.containers))
      return this.items(at, depth, isObject);
    this.isQuiet = true;
    const end = this.items(at, depth, isObject);
    this.isQuiet = false;
    this.isRemoved = true;
    return end;
  }

  private items(open: number, depth: number, isObject: boolean): number {
    const { text, edits, path } = this;
    const close = isObject ? OBJECT_END : ARRAY_END;
    let at = skipSpace(text, open + 1);
    if (text.charCodeAt(at) === close) return at + 1;
    const level = path.length;
    path.push(0);
    this.containers[level] = ++containerCount;
    // A removed item goes with the comma behind it; those at the end, with the comma behind the last that stays.
    let keptEnd = -1;
    let cutFrom = -1;
    for (let index = 0; ; index++) {
      const itemStart = at;
      const editsBefore = edits.count;
      if (cutFrom >= 0) edits.replace(cutFrom, itemStart, "");
      if (isObject) at = this.member(at, depth);
      else {
        path[level] = index;
        at = this.value(at, depth + 1);
      }
      if (at < 0) return -1;
      const itemEnd = at;
      if (!this.isRemoved) {
        keptEnd = itemEnd;
        cutFrom = -1;
      } else {
        edits.truncate(editsBefore);
        if (cutFrom < 0) cutFrom = itemStart;
      }
      at = skipSpace(text, at);
      const char = text.charCodeAt(at);
      if (char === COMMA) {
        at = skipSpace(text, at + 1);
        continue;
      }
      if (char !== close) return -1;
      if (cutFrom >= 0) edits.replace(keptEnd >= 0 ? keptEnd : cutFrom, itemEnd, "");
      path.pop();
      this.isRemoved = false;
      return at + 1;
    }
  }

  private member(start: number, depth: number): number {
    if (this.text.charCodeAt(start) !== QUOTE) return -1;
    this.isRemoved = false;
    const nameEnd = this.string(start, true);
    if (nameEnd < 0) return -1;
    const colon = skipSpace(this.text, nameEnd);
    if (this.text.charCodeAt(colon) !== COLON) return -1;
    const valueStart = skipSpace(this.text, colon + 1);
    if (!this.isRemoved) return this.value(valueStart, depth + 1);
    this.isQuiet = true;
    const end = this.value(valueStart, depth + 1);
    this.isQuiet = false;
    this.isRemoved = true;
    return end;
  }
}

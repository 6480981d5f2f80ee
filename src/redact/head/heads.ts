import type { Redactor } from "../../model/redaction.ts";
import { FIELD_STRIDE, type RequestView } from "../../model/request.ts";
import { ByteCache } from "../byte-cache.ts";
import type { Place } from "../place.ts";
import type { CompiledRules } from "../policy/compile.ts";
import type { Values } from "../values.ts";
import { latin1Bytes, latin1Text } from "../wire-text.ts";
import { createFieldRoles } from "./field-roles.ts";
import { createFields } from "./fields.ts";
import { DROPPED } from "./redacted-view.ts";
import { createTargetRewriter, pathStart, type TargetRewriter } from "./target.ts";

/** What is to become of the head that was looked at last. One object, refilled for every request. */
export interface HeadOutcome {
  /** Whether anything is to change. */
  isChanged: boolean;
  /** Something was found in a field that cannot be changed. */
  isUnsound: boolean;
  target: Uint8Array | undefined;
  /** Per field, as in `Changes`. */
  values: (Uint8Array | undefined)[];
  /** Undefined: there is none. */
  contentType: string | undefined;
  /** Values of Content-Encoding, joined. */
  encodings: string;
}

/** Looks at heads. */
export interface Heads {
  look(request: RequestView): HeadOutcome;
  /** Marks the fields that are not true of a new body, to be called after `look`. */
  forNewBody(request: RequestView, isDecoded: boolean, isChanged: boolean): void;
  path(request: Parameters<Redactor["path"]>[0]): string;
}

/** In a cache: the value stays. */
const KEPT: Uint8Array = new Uint8Array(0);
const QUESTION = 0x3f;

const METHOD: Place = { kind: "header", name: "method" };
const TARGET: Place = { kind: "path", name: "" };

/** Any word may be a method; these hold no data. */
function isUsualMethod(method: string): boolean {
  return method.length < 8;
}

/**
 * `remembers`: outcomes of values that come again are taken from a cache; not where each replacement is to be told.
 */
export function createHeads(
  rules: CompiledRules,
  values: Values,
  hasPreset: boolean,
  remembers: boolean,
): Heads {
  const { detects } = values;
  const roles = createFieldRoles(rules, hasPreset);
  const rewriteField = createFields(rules, values, hasPreset);
  const targets: TargetRewriter = createTargetRewriter(rules, values);
  const looksAtTargets = detects || rules.query.size > 0 || rules.path.length > 0;
  const looksAtPaths = detects || rules.path.length > 0;
  const fieldCache = new ByteCache<Uint8Array>();
  const targetCache = new ByteCache<Uint8Array>();
  const pathCache = new ByteCache<string>();
  const outcome: HeadOutcome = {
    isChanged: false,
    isUnsound: false,
    target: undefined,
    values: [],
    contentType: undefined,
    encodings: "",
  };

  function fieldOutcome(bytes: Uint8Array, fields: Int32Array, slot: number): Uint8Array {
    const nameStart = fields[slot] as number;
    const nameEnd = fields[slot + 1] as number;
    const valueStart = fields[slot + 2] as number;
    const valueEnd = fields[slot + 3] as number;
    // The name is part of what is looked up: it decides as much as the value.
    const known = remembers ? fieldCache.get(bytes, nameStart, valueEnd) : undefined;
    if (known !== undefined) return known;
    const value = latin1Text(bytes, valueStart, valueEnd);
    const rewritten = rewriteField(latin1Text(bytes, nameStart, nameEnd), value);
    const found =
      rewritten === undefined ? DROPPED : rewritten === value ? KEPT : latin1Bytes(rewritten);
    if (remembers) fieldCache.set(bytes, nameStart, valueEnd, found);
    return found;
  }

  function targetOutcome({ bytes, targetStart, targetEnd }: RequestView): Uint8Array {
    const known = remembers ? targetCache.get(bytes, targetStart, targetEnd) : undefined;
    if (known !== undefined) return known;
    const target = latin1Text(bytes, targetStart, targetEnd);
    const rewritten = targets.target(target);
    const found = rewritten === target ? KEPT : latin1Bytes(rewritten);
    if (remembers) targetCache.set(bytes, targetStart, targetEnd, found);
    return found;
  }

  function lookAtField(bytes: Uint8Array, fields: Int32Array, i: number): void {
    const slot = i * FIELD_STRIDE;
    const role = roles.find(bytes, fields[slot] as number, fields[slot + 1] as number);
    if (role === undefined && !detects) return;
    if (role === "type" || role === "encoding")
      noteContent(role, latin1Text(bytes, fields[slot + 2] as number, fields[slot + 3] as number));
    if (role === "framing" || (role !== "look" && !detects)) return;
    const found = fieldOutcome(bytes, fields, slot);
    if (found === KEPT) return;
    if (role === "type") outcome.isUnsound = true;
    outcome.values[i] = found;
    outcome.isChanged = true;
  }

  /** Where nothing can be put in the place of what is found. */
  function isFoundIn(text: string, place: Place): boolean {
    return values.clean(text, place) !== text;
  }

  function noteContent(role: "type" | "encoding", value: string): void {
    if (role === "encoding")
      outcome.encodings = outcome.encodings === "" ? value : `${outcome.encodings},${value}`;
    // Of two types nobody knows which one the shadow goes by: what begins with a comma is no type at all.
    else outcome.contentType = outcome.contentType === undefined ? value : `,${value}`;
  }

  function look(request: RequestView): HeadOutcome {
    const { bytes, fields, fieldCount } = request;
    outcome.isChanged = false;
    outcome.isUnsound = false;
    outcome.target = undefined;
    outcome.contentType = undefined;
    outcome.encodings = "";
    while (outcome.values.length < fieldCount) outcome.values.push(undefined);
    for (let i = 0; i < fieldCount; i++) {
      outcome.values[i] = undefined;
      lookAtField(bytes, fields, i);
    }
    if (detects && !isUsualMethod(request.method) && isFoundIn(request.method, METHOD))
      outcome.isUnsound = true;
    if (request.method === "CONNECT") {
      const { targetStart, targetEnd } = request;
      if (detects && isFoundIn(latin1Text(bytes, targetStart, targetEnd), TARGET))
        outcome.isUnsound = true;
    } else if (looksAtTargets) {
      const found = targetOutcome(request);
      if (found !== KEPT) {
        outcome.target = found;
        outcome.isChanged = true;
      }
    }
    return outcome;
  }

  function forNewBody(request: RequestView, isDecoded: boolean, isChanged: boolean): void {
    const { bytes, fields, fieldCount } = request;
    for (let i = 0; i < fieldCount; i++) {
      const slot = i * FIELD_STRIDE;
      const role = roles.find(bytes, fields[slot] as number, fields[slot + 1] as number);
      if (
        role === "framing" ||
        role === "trailer" ||
        (role === "encoding" && isDecoded) ||
        (role === "integrity" && isChanged)
      )
        outcome.values[i] = DROPPED;
    }
  }

  function path(request: Parameters<Redactor["path"]>[0]): string {
    const { bytes, targetStart, targetEnd } = request;
    let end = targetStart;
    while (end < targetEnd && bytes[end] !== QUESTION) end++;
    if (request.method === "CONNECT") {
      const authority = latin1Text(bytes, targetStart, targetEnd);
      return values.clean(authority, TARGET) ?? "";
    }
    if (!looksAtPaths) return latin1Text(bytes, targetStart, end);
    const known = remembers ? pathCache.get(bytes, targetStart, end) : undefined;
    if (known !== undefined) return known;
    const text = latin1Text(bytes, targetStart, end);
    const start = pathStart(text);
    const rewritten = text.slice(0, start) + targets.path(text.slice(start));
    if (remembers) pathCache.set(bytes, targetStart, end, rewritten);
    return rewritten;
  }

  return { look, forNewBody, path };
}

import type { LiveConnection } from "./connection.ts";
import type { BodyReceiver, RequestView } from "./request.ts";

/**
 * Redaction: what is taken out of mirrored requests and of everything printed. Plain data, so that it crosses the IPC channel
 * as JSON. `redact` compiles it; docs/redaction.md is the specification.
 */

declare const redacted: unique symbol;
/** Has been through a policy. Made only in `src/redact/`; outputs accept nothing else. */
export type Redacted<T> = T & { readonly [redacted]: true };

export const REDACTION_PRESETS = ["off", "headers", "standard", "strict"] as const;
export type RedactionPreset = (typeof REDACTION_PRESETS)[number];

/** Detectors that `standard` and `strict` switch on. */
export const DEFAULT_DETECTORS = [
  "card",
  "iban",
  "email",
  "jwt",
  "bearer",
  "api_key",
  "phone",
  "private_key",
] as const;
/** Patterns that are too common to be looked for unasked. */
export const OPT_IN_DETECTORS = ["us_ssn", "uk_nino", "de_tax_id", "fr_nir", "es_dni"] as const;
export type DetectorName = (typeof DEFAULT_DETECTORS)[number] | (typeof OPT_IN_DETECTORS)[number];

/**
 * What is put in a value's place. `mask`: asterisks, as many as characters. `hash`: 16 hexadecimal digits of a keyed hash. `tokenise`: a keyed,
 * deterministic stand-in of the same shape: equal values have equal stand-ins under one key. `remove`: with its name, where it has one.
 */
export type RedactionAction =
  | { readonly kind: "remove" | "mask" | "hash" | "tokenise" }
  | { readonly kind: "replace"; readonly value: string };

/**
 * Where a rule looks. Names of headers in any case, of the others exactly, encodings undone. `path`: the segment `{name}` of a
 * template such as /users/{id}/orders, further segments allowed. `json`: RFC 9535 with members, wildcards, descendants and indices. `text`: the
 * matches of an RE2 regular expression in bodies of text and XML. `body`: all of it.
 */
export type RedactionSubject =
  | { readonly kind: "header" | "cookie" | "query" | "form"; readonly name: string }
  | { readonly kind: "path"; readonly template: string; readonly name: string }
  | { readonly kind: "json"; readonly path: string }
  | { readonly kind: "text"; readonly pattern: string }
  | { readonly kind: "body" };

export interface RedactionRule {
  readonly subject: RedactionSubject;
  readonly action: RedactionAction;
}

export interface RedactionPolicy {
  readonly preset: RedactionPreset;
  /** Go before what the preset does, the first that concerns a value decides. */
  readonly rules: readonly RedactionRule[];
  /** Besides those of the preset. */
  readonly detectors: readonly DetectorName[];
  /** What is done with what a detector finds. */
  readonly detected: RedactionAction;
  /** A body that a rule or detector must read may not be longer, as sent and decompressed. */
  readonly maxBodyBytes: number;
}

/** Nothing is redacted: a shadow that gets no credentials answers nothing but 401. */
export const NO_REDACTION: RedactionPolicy = {
  preset: "off",
  rules: [],
  detectors: [],
  detected: { kind: "tokenise" },
  maxBodyBytes: 1024 * 1024,
};

/** For everything that is printed or written to a file. */
export const OUTPUT_REDACTION: RedactionPolicy = { ...NO_REDACTION, preset: "standard" };

/** Why a request that a policy applies to is not sent: nothing is let through that could not be looked at. */
export const REFUSAL_REASONS = [
  /** The body is not what its Content-Type says. */
  "unparsable",
  /** A Content-Encoding or charset that cannot be undone. */
  "unknown_encoding",
  /** `strict` and a type of content that cannot be looked into, or none. */
  "unknown_content",
  /** Longer than `maxBodyBytes`, as sent or decompressed. */
  "too_large",
  /** Nested too deeply. */
  "too_deep",
  /** The head does not fit what is allowed after it was rewritten. */
  "head_too_large",
  /** The body ended early. */
  "request_cut",
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** What is said of a policy wherever something made under it is kept. */
export interface RedactionSummary {
  readonly preset: RedactionPreset;
  readonly policyHash: string;
}

/** One thing that was replaced, for `redact --explain`. It holds nothing of the value. */
export interface Redaction {
  /** For people: `header authorization`, `query token`, `json $.user.email`, `body`. */
  readonly place: string;
  /** `rule 2`, `preset headers`, `detector card`. */
  readonly by: string;
  readonly action: RedactionAction["kind"];
  /** Characters before and after. */
  readonly lengthBefore: number;
  readonly lengthAfter: number;
}

/** Takes what becomes of one request: exactly one call, in `stream` once its body is complete or has failed. */
export interface RedactionSink {
  /** Valid only during the call. */
  whole(request: Redacted<RequestView>): void;
  /** No body rule concerns it: its body passes as it comes. What is returned takes it. */
  stream(head: Redacted<RequestView>): BodyReceiver;
  refused(reason: RefusalReason): void;
}

/** One compiled policy with its key. */
export interface Redactor {
  /** 16 hexadecimal digits: equal for equal policies, whatever the key. */
  readonly policyHash: string;
  /** A whole request. Calls `whole` or `refused`, at once. */
  redact(request: RequestView, sink: RedactionSink): void;
  /** A request whose body follows; undefined: it is not wanted. */
  redactStream(
    connection: LiveConnection,
    request: RequestView,
    sink: RedactionSink,
  ): BodyReceiver | undefined;
  /** A request target's path, without its query, for lines and tables. */
  path(
    request: Pick<RequestView, "method" | "bytes" | "targetStart" | "targetEnd">,
  ): Redacted<string>;
}

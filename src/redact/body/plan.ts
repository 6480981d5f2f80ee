import type { RedactionPolicy, RefusalReason } from "../../model/redaction.ts";
import {
  type ContentType,
  type DocumentKind,
  documentKind,
  isReadableCharset,
  parseContentType,
} from "../content/content-type.ts";
import type { CompiledRules } from "../policy/compile.ts";

/** What is done with a body, by what its head says of it. */
export type BodyPlan =
  /** Nothing concerns it. */
  | { readonly kind: "pass" }
  /** All of it is replaced, whatever it is. */
  | { readonly kind: "whole" }
  | { readonly kind: "document"; readonly document: DocumentKind; readonly boundary: string }
  /** It may pass when it is text without findings. */
  | { readonly kind: "untyped" }
  | { readonly kind: "refuse"; readonly reason: RefusalReason };

/** What plans are made by. */
export interface BodyPlanner {
  /** Whether any body could concern the policy. */
  readonly looks: boolean;
  /** By the value of Content-Type; undefined: the request has none. */
  plan(contentType: string | undefined): BodyPlan;
  /** The same for a part of a multipart body, whose place in a form makes it a value even where its type is text. */
  planPart(contentType: string): BodyPlan;
}

/** Types repeat: reading them once is enough. */
const MAX_REMEMBERED = 64;

const PASS: BodyPlan = { kind: "pass" };

export function createBodyPlanner(
  { preset }: RedactionPolicy,
  rules: CompiledRules,
  detects: boolean,
): BodyPlanner {
  const isStrict = preset === "strict";
  const concerns: Record<DocumentKind, boolean> = {
    json: detects || rules.json.length > 0,
    ndjson: detects || rules.json.length > 0,
    form: detects || rules.form.size > 0,
    multipart: detects || rules.form.size > 0 || rules.json.length > 0 || rules.text.length > 0,
    text: isStrict || rules.text.length > 0,
    other: false,
  };
  const looks = detects || rules.body !== undefined || Object.values(concerns).includes(true);

  function documentPlan(type: ContentType | undefined, isPart: boolean): BodyPlan {
    if (type === undefined) return { kind: "refuse", reason: "unparsable" };
    const document = documentKind(type.type);
    if (document === "other")
      return isStrict ? { kind: "refuse", reason: "unknown_content" } : PASS;
    const isConcerned = concerns[document] || (isPart && document === "text" && detects);
    if (!isConcerned) return PASS;
    if (document !== "multipart" && !isReadableCharset(type.charset))
      return { kind: "refuse", reason: "unknown_encoding" };
    if (document === "multipart" && !type.boundary) return { kind: "refuse", reason: "unparsable" };
    return { kind: "document", document, boundary: type.boundary ?? "" };
  }

  function planOf(contentType: string | undefined): BodyPlan {
    if (rules.body !== undefined) return { kind: "whole" };
    if (!looks) return PASS;
    if (contentType !== undefined) return documentPlan(parseContentType(contentType), false);
    // A server may read it as what a rule is about, which nobody here can tell.
    const isRuled = rules.json.length > 0 || rules.form.size > 0 || rules.text.length > 0;
    if (isStrict || isRuled) return { kind: "refuse", reason: "unknown_content" };
    return detects ? { kind: "untyped" } : PASS;
  }

  const remembered = new Map<string | undefined, BodyPlan>();
  return {
    looks,
    planPart: (contentType) => documentPlan(parseContentType(contentType), true),
    plan(contentType) {
      const known = remembered.get(contentType);
      if (known !== undefined) return known;
      const plan = planOf(contentType);
      if (remembered.size === MAX_REMEMBERED) remembered.clear();
      remembered.set(contentType, plan);
      return plan;
    },
  };
}

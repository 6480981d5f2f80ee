import type { RefusalReason } from "../../model/redaction.ts";
import type { RequestView } from "../../model/request.ts";
import { decodeContent, encodeContent, parseCodings } from "../content/coding.ts";
import { unchunk } from "../content/unchunk.ts";
import { rewriteText } from "../document/text.ts";
import { BODY } from "../place.ts";
import type { CompiledRules, Order } from "../policy/compile.ts";
import type { Values } from "../values.ts";
import { latin1Text } from "../wire-text.ts";
import { isPlainChunked } from "./chunks.ts";
import type { RewriteDocument } from "./document.ts";
import type { BodyPlan } from "./plan.ts";

/** What becomes of a body: `same` bytes as they came, or content that is sent with Content-Length. */
type BodyOutcome =
  | { readonly kind: "same" }
  /** `isDecoded`: its Content-Encoding is no longer true. `isChanged`: it says something else than before. */
  | {
      readonly kind: "new";
      readonly bytes: Uint8Array;
      readonly isDecoded: boolean;
      readonly isChanged: boolean;
    }
  | { readonly kind: "refused"; readonly reason: RefusalReason };

/** Rewrites the whole body of a request. `encodings`: the values of its Content-Encoding, joined. */
export type RewriteBody = (request: RequestView, plan: BodyPlan, encodings: string) => BodyOutcome;

const SAME: BodyOutcome = { kind: "same" };
const NO_CODINGS: readonly string[] = [];

/** Text that a person could read: no control characters but those of lines. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const NOT_TEXT = /[\x00-\x08\x0b\x0e-\x1f\x7f]/;

export function createBodies(
  rules: CompiledRules,
  values: Values,
  maxBodyBytes: number,
  rewriteDocument: RewriteDocument,
): RewriteBody {
  const refused = (reason: RefusalReason): BodyOutcome => ({ kind: "refused", reason });

  /** The body as it was before it was chunked; the very bytes of the request where it was not. */
  function contentOf(request: RequestView): Uint8Array | RefusalReason {
    const { bytes, headEnd, bodyEnd, framing } = request;
    return framing === "chunked"
      ? unchunk(bytes, headEnd, bodyEnd)
      : bytes.subarray(headEnd, bodyEnd);
  }

  function replaceWhole(
    content: Uint8Array,
    order: Order,
    codings: readonly string[],
  ): BodyOutcome {
    const { kind } = order.action;
    const isBlind = kind === "remove" || kind === "replace";
    const decoded = isBlind ? content : decodeContent(content, codings, maxBodyBytes);
    if (typeof decoded === "string") return refused(decoded);
    const text = latin1Text(decoded, 0, decoded.length);
    const standIn = values.obey(order, text, BODY) ?? "";
    const bytes = Buffer.from(standIn, "latin1");
    if (isBlind) return { kind: "new", bytes, isDecoded: true, isChanged: true };
    const encoded = encodeContent(bytes, codings);
    if (typeof encoded === "string") return refused(encoded);
    return { kind: "new", bytes: encoded, isDecoded: false, isChanged: true };
  }

  /** The new text, the same text, or why there is none. */
  function rewritten(plan: BodyPlan, text: string): { text: string } | RefusalReason {
    if (plan.kind === "document") {
      const result = rewriteDocument(plan, text);
      return result.kind === "text" ? result : result.reason;
    }
    if (NOT_TEXT.test(text)) return "unknown_content";
    const result = rewriteText(text, (value) => values.clean(value, BODY) ?? "");
    return result.kind === "text" && result.text === text ? result : "unknown_content";
  }

  return (request, plan, encodings) => {
    const { bytes, headEnd, bodyEnd, framing } = request;
    if (headEnd === bodyEnd) return SAME;
    const isExtended = framing === "chunked" && !isPlainChunked(bytes, headEnd, bodyEnd);
    if (plan.kind === "pass" && !isExtended) return SAME;
    const content = contentOf(request);
    if (typeof content === "string") return refused(content);
    const asItWas: BodyOutcome = isExtended
      ? { kind: "new", bytes: content, isDecoded: false, isChanged: false }
      : SAME;
    if (plan.kind === "pass" || content.length === 0) return asItWas;
    if (plan.kind === "refuse") return refused(plan.reason);

    const codings = encodings === "" ? NO_CODINGS : parseCodings(encodings);
    if (plan.kind === "whole")
      return rules.body === undefined ? asItWas : replaceWhole(content, rules.body, codings);
    const decoded = decodeContent(content, codings, maxBodyBytes);
    if (typeof decoded === "string") return refused(decoded);
    if (decoded.length === 0) return asItWas;
    const text = latin1Text(decoded, 0, decoded.length);
    const result = rewritten(plan, text);
    if (typeof result === "string") return refused(result);
    if (result.text === text) return asItWas;
    const encoded = encodeContent(Buffer.from(result.text, "latin1"), codings);
    if (typeof encoded === "string") return refused(encoded);
    return { kind: "new", bytes: encoded, isDecoded: false, isChanged: true };
  };
}

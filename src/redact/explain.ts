import type { Redacted, Redaction, RedactionPolicy, RefusalReason } from "../model/redaction.ts";
import type { RequestView } from "../model/request.ts";
import { asRedacted } from "./redacted.ts";
import { createRedactor } from "./redactor.ts";

/** What a policy makes of one sample. */
export interface Explanation {
  readonly policyHash: string;
  /** In the order in which they were found. When the sample is refused: those that were made before. */
  readonly redactions: readonly Redaction[];
  readonly outcome: /** The request as it would be sent; its body begins at `headBytes`. */
    | { readonly kind: "sent"; readonly bytes: Redacted<Uint8Array>; readonly headBytes: number }
    | { readonly kind: "refused"; readonly reason: RefusalReason };
}

/** Redacts one request and tells each thing that is replaced. Throws when `redactionFault` has something to say. */
export function explainRedaction(
  policy: RedactionPolicy,
  key: Uint8Array,
  request: RequestView,
): Explanation {
  const redactions: Redaction[] = [];
  const redactor = createRedactor(policy, key, (redaction) => redactions.push(redaction));
  let outcome: Explanation["outcome"] = { kind: "refused", reason: "unparsable" };
  redactor.redact(request, {
    whole({ bytes, start, headEnd, bodyEnd }) {
      const copy = asRedacted(new Uint8Array(bytes.subarray(start, bodyEnd)));
      outcome = { kind: "sent", bytes: copy, headBytes: headEnd - start };
    },
    refused(reason) {
      outcome = { kind: "refused", reason };
    },
    stream: () => ({ data() {}, end() {}, cut() {} }),
  });
  return { policyHash: redactor.policyHash, redactions, outcome };
}

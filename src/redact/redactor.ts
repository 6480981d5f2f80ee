import type {
  Redaction,
  RedactionPolicy,
  RedactionSink,
  Redactor,
  RefusalReason,
} from "../model/redaction.ts";
import type { BodyReceiver, RequestView } from "../model/request.ts";
import { createAct } from "./act/create-act.ts";
import { createBodies } from "./body/body.ts";
import { withoutTrailers } from "./body/chunk-filter.ts";
import { createDocuments } from "./body/document.ts";
import { type BodyPlan, createBodyPlanner } from "./body/plan.ts";
import { createGatherer } from "./gather.ts";
import { createHeads, type HeadOutcome } from "./head/heads.ts";
import { RedactedView } from "./head/redacted-view.ts";
import { compileRules } from "./policy/compile.ts";
import { policyHash } from "./policy/hash.ts";
import { asRedacted } from "./redacted.ts";
import { createValues } from "./values.ts";

/**
 * Compiles a policy. `onRedaction` is told of each thing that is replaced, which costs: it is for samples, not for traffic. Throws when
 * `redactionFault` has something to say about the policy.
 */
export function createRedactor(
  policy: RedactionPolicy,
  key: Uint8Array,
  onRedaction?: (redaction: Redaction) => void,
): Redactor {
  const rules = compileRules(policy);
  const { preset, maxBodyBytes } = policy;
  const hasPreset = preset !== "off";
  const values = createValues(policy, createAct(key), onRedaction);
  const isIdle = !hasPreset && !values.detects && policy.rules.length === 0;
  const heads = createHeads(rules, values, hasPreset, onRedaction === undefined);
  const planner = createBodyPlanner(policy, rules, values.detects);
  const rewriteBody = createBodies(
    rules,
    values,
    maxBodyBytes,
    createDocuments(rules, values, planner),
  );
  const gatherer = createGatherer(maxBodyBytes);
  const view = new RedactedView();
  function rebuilt(request: RequestView, head: HeadOutcome, body: Uint8Array | undefined): boolean {
    return view.rebuild(request, { values: head.values, target: head.target, body });
  }

  function redact(request: RequestView, sink: RedactionSink): void {
    if (isIdle) {
      sink.whole(asRedacted(request));
      return;
    }
    const head = heads.look(request);
    if (head.isUnsound) {
      sink.refused("unparsable");
      return;
    }
    const body = rewriteBody(request, planner.plan(head.contentType), head.encodings);
    if (body.kind === "refused") sink.refused(body.reason);
    else if (body.kind === "same" && !head.isChanged) sink.whole(asRedacted(request));
    else {
      if (body.kind === "new") heads.forNewBody(request, body.isDecoded, body.isChanged);
      const isFit = rebuilt(request, head, body.kind === "new" ? body.bytes : undefined);
      if (isFit) sink.whole(asRedacted<RequestView>(view));
      else sink.refused("head_too_large");
    }
  }

  /** Why a streamed request is refused before its body came. */
  function early(
    request: RequestView,
    head: HeadOutcome,
    plan: BodyPlan,
  ): RefusalReason | undefined {
    if (head.isUnsound) return "unparsable";
    if (plan.kind === "refuse") return plan.reason;
    return plan.kind !== "pass" && request.contentLength > maxBodyBytes ? "too_large" : undefined;
  }

  function passing({ framing }: RequestView, receiver: BodyReceiver): BodyReceiver {
    return framing === "chunked" ? withoutTrailers(receiver) : receiver;
  }

  return {
    policyHash: policyHash(policy),
    redact,
    redactStream(_connection, request, sink) {
      if (isIdle) return sink.stream(asRedacted(request));
      const head = heads.look(request);
      const plan = planner.plan(head.contentType);
      const reason = early(request, head, plan);
      if (reason !== undefined) {
        sink.refused(reason);
        return undefined;
      }
      if (plan.kind !== "pass") return gatherer.gather(request, sink, redact);
      if (!head.isChanged) return passing(request, sink.stream(asRedacted(request)));
      if (rebuilt(request, head, undefined))
        return passing(request, sink.stream(asRedacted<RequestView>(view)));
      sink.refused("head_too_large");
      return undefined;
    },
    path: (request) => asRedacted(heads.path(request)),
  };
}

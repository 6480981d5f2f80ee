import { createHash } from "node:crypto";
import type {
  RedactionAction,
  RedactionPolicy,
  RedactionRule,
  RedactionSubject,
} from "../../model/redaction.ts";
import { detectorsOf } from "./detectors.ts";

/** Changes when a policy would mean something else than before. */
const VERSION = 1;

/**
 * 16 hexadecimal digits that stand for a policy in outputs: equal for policies that say the same, whatever the order of their members, the
 * case of header names, and detectors that are named although the preset has them. The key is no part of it.
 */
export function policyHash(policy: RedactionPolicy): string {
  const { preset, rules, detected, maxBodyBytes } = policy;
  const detectors = [...detectorsOf(policy)].sort();
  const meant = [
    VERSION,
    preset,
    rules.map(ruleParts),
    detectors,
    actionParts(detected),
    maxBodyBytes,
  ];
  return createHash("sha256").update(JSON.stringify(meant)).digest("hex").slice(0, 16);
}

function ruleParts({ subject, action }: RedactionRule): readonly unknown[] {
  return [subjectParts(subject), actionParts(action)];
}

function actionParts(action: RedactionAction): readonly string[] {
  return action.kind === "replace" ? [action.kind, action.value] : [action.kind];
}

function subjectParts(subject: RedactionSubject): readonly string[] {
  switch (subject.kind) {
    case "header":
      return [subject.kind, subject.name.toLowerCase()];
    case "cookie":
    case "query":
    case "form":
      return [subject.kind, subject.name];
    case "path":
      return [subject.kind, subject.template, subject.name];
    case "json":
      return [subject.kind, subject.path];
    case "text":
      return [subject.kind, subject.pattern];
    case "body":
      return [subject.kind];
  }
}

import {
  NO_REDACTION,
  type RedactionAction,
  type RedactionPolicy,
  type RedactionRule,
  type RedactionSubject,
} from "../../model/redaction.ts";
import { templateNames } from "../../redact/policy/path-template.ts";
import { bytesOf } from "./quantities.ts";
import type { RedactDocument, RedactionDocument } from "./schema.ts";
import type { ActionDocument, RedactionRuleDocument } from "./schema-redaction.ts";

/** From what a rules file says about redaction to a policy. Documents come here with the right form. */

type Said = RedactDocument | RedactionDocument | undefined;

/** Whether it says what is redacted, if only that nothing is. A key or a size alone does not. */
export function saysRedaction(document: Said): boolean {
  if (typeof document !== "object") return document !== undefined;
  const { preset, rules, detectors } = document;
  return preset !== undefined || rules !== undefined || detectors !== undefined;
}

function buildAction(action: ActionDocument): RedactionAction {
  return typeof action === "string" ? { kind: action } : { kind: "replace", value: action.replace };
}

/** The only name of a template needs not be said. */
function buildPathSubject(template: string, name: string | undefined): RedactionSubject {
  const names = templateNames(template);
  const only = typeof names !== "string" && names.length === 1 ? names[0] : undefined;
  return { kind: "path", template, name: name ?? only ?? "" };
}

const NAMED = ["header", "cookie", "query", "form"] as const;

function buildSubject(rule: Omit<RedactionRuleDocument, "action">): RedactionSubject {
  for (const kind of NAMED) {
    const name = rule[kind];
    if (name !== undefined) return { kind, name };
  }
  if (rule.path !== undefined) return buildPathSubject(rule.path, rule.name);
  if (rule.json !== undefined) return { kind: "json", path: rule.json };
  if (rule.text !== undefined) return { kind: "text", pattern: rule.text };
  return { kind: "body" };
}

export function buildRedactionRule({ action, ...subject }: RedactionRuleDocument): RedactionRule {
  return { subject: buildSubject(subject), action: buildAction(action) };
}

/** What is redacted by what is said; nothing when nothing is. */
export function buildRedaction(document: Said): RedactionPolicy {
  if (document === undefined) return NO_REDACTION;
  if (typeof document === "string") return { ...NO_REDACTION, preset: document };
  const { preset, rules, detectors, detected, maxBodyBytes } = document;
  return {
    preset: preset ?? NO_REDACTION.preset,
    rules: (rules ?? []).map(buildRedactionRule),
    detectors: [...new Set(detectors)],
    detected: detected === undefined ? NO_REDACTION.detected : buildAction(detected),
    maxBodyBytes: maxBodyBytes === undefined ? NO_REDACTION.maxBodyBytes : bytesOf(maxBodyBytes),
  };
}

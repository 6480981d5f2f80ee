import {
  REDACTION_PRESETS,
  type RedactionAction,
  type RedactionPolicy,
  type RedactionRule,
  type RedactionSubject,
} from "../../model/redaction.ts";
import { createScan } from "../detect/scan.ts";
import { compileJsonPath } from "../document/json-path.ts";
import { wireText } from "../wire-text.ts";
import { ALL_DETECTORS } from "./detectors.ts";
import { templateNames } from "./path-template.ts";
import { compilePattern } from "./text-pattern.ts";

/** What is wrong with a policy: a sentence, and which of its rules is meant, where one is. */
export interface RedactionFault {
  readonly rule: number | undefined;
  readonly message: string;
}

/** Fields that frame the message or say how its body is read: they must agree with the body that is sent. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-shadow-request",
]);

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

const quoted = (text: string) => JSON.stringify(text);

/** Why a policy cannot be compiled; undefined when it can. */
export function redactionFault(policy: RedactionPolicy): RedactionFault | undefined {
  const { preset, rules, detectors, detected, maxBodyBytes } = policy;
  const fault = (message: string) => ({ rule: undefined, message });
  if (!REDACTION_PRESETS.includes(preset))
    return fault(`${quoted(preset)} is not one of ${REDACTION_PRESETS.join(", ")}.`);
  const known: readonly string[] = ALL_DETECTORS;
  const unknown = detectors.find((name) => !known.includes(name));
  if (unknown !== undefined)
    return fault(`There is no detector ${quoted(unknown)}; there are ${known.join(", ")}.`);
  if (!(Number.isSafeInteger(maxBodyBytes) && maxBodyBytes > 0))
    return fault("The most bytes of a body are not a whole number above 0.");
  const detectedFault = detectedActionFault(detected);
  if (detectedFault !== undefined) return fault(detectedFault);
  for (const [index, rule] of rules.entries()) {
    const message = redactionRuleFault(rule);
    if (message !== undefined) return { rule: index, message };
  }
  return undefined;
}

/** Why a rule cannot be compiled: a sentence. */
export function redactionRuleFault({ subject, action }: RedactionRule): string | undefined {
  return subjectFault(subject) ?? actionFault(subject, action);
}

function subjectFault(subject: RedactionSubject): string | undefined {
  switch (subject.kind) {
    case "header":
      if (!TOKEN.test(subject.name)) return `${quoted(subject.name)} is not the name of a header.`;
      return OWN_FIELDS.has(subject.name.toLowerCase())
        ? `The header ${subject.name} says how the request is read, and cannot be redacted.`
        : undefined;
    case "cookie":
      return TOKEN.test(subject.name)
        ? undefined
        : `${quoted(subject.name)} is not the name of a cookie.`;
    case "query":
    case "form":
      return subject.name === "" ? `The name of the ${subject.kind} field is empty.` : undefined;
    case "path": {
      const names = templateNames(subject.template);
      if (typeof names === "string")
        return `${quoted(subject.template)} is not a path template: ${names}.`;
      return names.includes(subject.name)
        ? undefined
        : `${quoted(subject.template)} has no segment {${subject.name}}.`;
    }
    case "json": {
      const path = compileJsonPath(subject.path);
      return path.kind === "fault"
        ? `${quoted(subject.path)} is not a JSON path (character ${path.at + 1}): ${path.message}`
        : undefined;
    }
    case "text": {
      const pattern = compilePattern(subject.pattern);
      return typeof pattern === "string"
        ? `${quoted(subject.pattern)} is not a pattern: ${pattern}.`
        : undefined;
    }
    case "body":
      return undefined;
  }
}

function actionFault(subject: RedactionSubject, action: RedactionAction): string | undefined {
  if (action.kind !== "replace") return undefined;
  const inHead = subject.kind === "header" || subject.kind === "cookie";
  return inHead && CONTROL.test(action.value)
    ? `The replacement ${quoted(action.value)} holds a control character, which no ${subject.kind} can.`
    : undefined;
}

/** It goes wherever a detector finds something: into headers, too, and it is looked at again. */
function detectedActionFault(action: RedactionAction): string | undefined {
  if (action.kind !== "replace") return undefined;
  const { value } = action;
  if (CONTROL.test(value))
    return `The replacement ${quoted(value)} holds a control character, which no header can.`;
  const [found] = createScan(ALL_DETECTORS)(wireText(value));
  return found === undefined
    ? undefined
    : `The replacement ${quoted(value)} is itself what the detector ${found.detector} looks for.`;
}

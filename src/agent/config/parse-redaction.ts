import {
  DEFAULT_DETECTORS,
  type DetectorName,
  OPT_IN_DETECTORS,
  REDACTION_PRESETS,
  type RedactionAction,
  type RedactionPolicy,
  type RedactionPreset,
  type RedactionRule,
  type RedactionSubject,
} from "../../model/redaction.ts";
import { redactionRuleFault } from "../../redact/policy/fault.ts";
import { templateNames } from "../../redact/policy/path-template.ts";
import { parseChoice, quoted, usage } from "../flag-values.ts";
import { LINES, list, type RawFlags, text, WORDS } from "./raw-flags.ts";

/** A body that must be read may be this long. */
const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;

const SYNTAX =
  "Write SUBJECT=ACTION, such as --redact-rule 'header:x-user=mask' or 'json:$.user.email=tokenise'.";
const SUBJECTS =
  "Subjects are header:NAME, cookie:NAME, query:NAME, form:NAME, path:/TEMPLATE/{NAME}, json:$.PATH, text:REGEX and body.";
const ACTIONS = "Actions are remove, mask, hash, tokenise and replace:TEXT.";

/** The first `=` behind which there is nothing but an action: subjects and replacements may hold others. */
const RULE = /^(.*?)=(remove|mask|hash|tokenise|replace:.*)$/s;

/** `--redact-rule`: `SUBJECT=ACTION`. Throws ST_USAGE. */
export function parseRedactionRule(value: string): RedactionRule {
  const [, subjectText = "", actionText = ""] = RULE.exec(value) ?? [];
  if (subjectText === "")
    throw usage(
      `--redact-rule ${quoted(value)} does not say what to do with what.`,
      SYNTAX,
      ACTIONS,
    );
  const rule = { subject: parseSubject(value, subjectText), action: readAction(actionText) };
  const fault = redactionRuleFault(rule);
  if (fault !== undefined)
    throw usage(`--redact-rule ${quoted(value)} is refused. ${fault}`, SYNTAX, SUBJECTS);
  return rule;
}

function readAction(text: string): RedactionAction {
  const replacement = /^replace:(.*)$/s.exec(text)?.[1];
  if (replacement !== undefined) return { kind: "replace", value: replacement };
  return { kind: text as Exclude<RedactionAction["kind"], "replace"> };
}

function parseSubject(value: string, text: string): RedactionSubject {
  if (text === "body") return { kind: "body" };
  const [, kind, rest = ""] = /^([a-z]+):(.+)$/s.exec(text) ?? [];
  switch (kind) {
    case "header":
    case "cookie":
    case "query":
    case "form":
      return { kind, name: rest };
    case "json":
      return { kind, path: rest };
    case "text":
      return { kind, pattern: rest };
    case "path":
      return parsePathSubject(value, rest);
    default:
      throw usage(`--redact-rule ${quoted(value)} has no subject that is known.`, SUBJECTS);
  }
}

/** `/users/{id}`; where a template has several names, `/users/{id}/orders/{order}#order` says which one is meant. */
function parsePathSubject(value: string, text: string): RedactionSubject {
  const [template = "", chosen] = text.split("#", 2);
  const names = templateNames(template);
  if (chosen !== undefined || typeof names === "string")
    return { kind: "path", template, name: chosen ?? "" };
  const [name = "", ...others] = names;
  if (others.length > 0)
    throw usage(
      `--redact-rule ${quoted(value)} does not say which segment is meant.`,
      `Write its name behind the template: 'path:${template}#${name}=ACTION'.`,
    );
  return { kind: "path", template, name };
}

const DETECTORS: readonly DetectorName[] = [...DEFAULT_DETECTORS, ...OPT_IN_DETECTORS];

/** One name of `--redact-detect`. */
function parseDetector(value: string): DetectorName {
  const name = DETECTORS.find((one) => one === value);
  if (name === undefined)
    throw usage(
      `--redact-detect ${quoted(value)} is no detector.`,
      `There are ${DETECTORS.join(", ")}.`,
      "Those of --redact standard need not be named.",
    );
  return name;
}

/** `--redact-detect`: each name once. Throws ST_USAGE. */
export function parseDetectors(flags: RawFlags): readonly DetectorName[] {
  return [...new Set(list(flags, "redact-detect", WORDS).map(parseDetector))];
}

/** What `--redact` and `--redact-rule` say. Throws ST_USAGE. */
export function parseRedactionFlags(flags: RawFlags, preset: RedactionPreset): RedactionPolicy {
  const chosen = text(flags, "redact");
  return {
    preset: chosen === undefined ? preset : parseChoice("--redact", chosen, REDACTION_PRESETS),
    rules: list(flags, "redact-rule", LINES).map(parseRedactionRule),
    detectors: parseDetectors(flags),
    detected: { kind: "tokenise" },
    maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
  };
}

import { NO_REDACTION, type RedactionRule } from "../../model/redaction.ts";
import { redactionFault, redactionRuleFault } from "../../redact/policy/fault.ts";
import { templateNames } from "../../redact/policy/path-template.ts";
import { buildRedactionRule } from "./build-redaction.ts";
import { asList, asMapping, asText, type Mapping, type Path, type Report } from "./documents.ts";
import { joined, shown } from "./problems.ts";
import { ACTIONS, REDACTION_KEYS, RULE_KEYS, SUBJECT_KEYS } from "./schema-redaction.ts";

/** What a schema cannot say of redaction: paths, patterns and names that cannot be compiled, and what says nothing. */

/** Takes one of the regular expressions that a file may hold; false when there are too many. */
export type TakeRegex = (path: Path, report: Report) => boolean;

const EXPECTED: Readonly<Record<(typeof SUBJECT_KEYS)[number], string>> = {
  header: "the name of a header field that does not frame the request",
  cookie: "the name of a cookie",
  query: "the name of a query parameter",
  form: "the name of a form field",
  path: "whole segments in braces, such as /users/{id}/orders",
  json: "a path such as $.user.email, $.items[*].id or $..token",
  text: "an RE2 regular expression that matches something",
  body: "true",
};

const SAYS = ["preset", "rules", "detectors"];

/** `redaction` of the file. */
export function checkRedaction(value: unknown, takeRegex: TakeRegex, report: Report): void {
  const document = asMapping(value);
  const given = Object.keys(document);
  const isKeyAlone = given.length === 1 && given[0] === "keyFile";
  if (!isKeyAlone) checkPolicy(value, ["redaction"], takeRegex, report);
}

/** `redact` of a mirror, where the file says `redaction` beside it. */
export function checkRedact(
  value: unknown,
  path: Path,
  redaction: unknown,
  takeRegex: TakeRegex,
  report: Report,
): void {
  checkPolicy(value, path, takeRegex, report);
  const below = asText(redaction) ?? asText(asMapping(redaction)["preset"]) ?? NO_REDACTION.preset;
  const document = asMapping(value);
  const isLost = SAYS.some((key) => key !== "preset" && document[key] !== undefined);
  // What is written to add a rule must not silently take the preset of the file away.
  if (isLost && document["preset"] === undefined && below !== NO_REDACTION.preset)
    report(
      [...path, "preset"],
      "is missing",
      `a preset, since this replaces \`redaction\` whole, whose preset is ${below}`,
    );
}

function checkPolicy(value: unknown, path: Path, takeRegex: TakeRegex, report: Report): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  const document = asMapping(value);
  if (!SAYS.some((key) => document[key] !== undefined) && isKnown(document, REDACTION_KEYS))
    report(path, "does not say what is redacted", joined(SAYS));
  for (const [index, rule] of asList(document["rules"]).entries())
    checkRule(asMapping(rule), [...path, "rules", index], takeRegex, report);
  checkDetected(document["detected"], [...path, "detected"], report);
}

/** Otherwise what is missing was probably meant by the key that is unknown, which the schema tells. */
function isKnown(mapping: Mapping, keys: readonly string[]): boolean {
  return Object.keys(mapping).every((key) => keys.includes(key));
}

function checkDetected(value: unknown, path: Path, report: Report): void {
  const replacement = asText(asMapping(value)["replace"]);
  if (replacement === undefined) return;
  const detected = { kind: "replace", value: replacement } as const;
  const fault = redactionFault({ ...NO_REDACTION, detected });
  if (fault !== undefined)
    report(
      [...path, "replace"],
      clause(fault.message, replacement),
      "text that no detector looks for",
    );
}

function checkRule(rule: Mapping, path: Path, takeRegex: TakeRegex, report: Report): void {
  const [kind, ...others] = SUBJECT_KEYS.filter((key) => rule[key] !== undefined);
  for (const key of others)
    report([...path, key], `excludes ${kind}`, "one subject in a rule: write two rules");
  if (kind === undefined) {
    if (isKnown(rule, RULE_KEYS)) report(path, "has no subject", joined(SUBJECT_KEYS));
    return;
  }
  if (rule["name"] !== undefined && kind !== "path")
    report([...path, "name"], `has no meaning for ${kind}`, "no name, or a path");
  const value = rule[kind];
  if (typeof value !== "string" || value === "") return;
  if (kind === "text" && !takeRegex([...path, "text"], report)) return;
  if (kind === "path" && isUnclear(value, rule["name"])) {
    report([...path, "name"], "is missing", "the name of the segment that is meant");
    return;
  }
  const name = asText(rule["name"]);
  const subjectOnly = buildRedactionRule({
    [kind]: value,
    ...(name === undefined ? {} : { name }),
    action: "remove",
  });
  const fault = redactionRuleFault(subjectOnly);
  if (fault !== undefined) {
    const isName = kind === "path" && typeof templateNames(value) !== "string";
    report(
      [...path, isName ? "name" : kind],
      clause(fault, value),
      isName ? "the name of a segment of the path" : EXPECTED[kind],
    );
  } else checkAction(subjectOnly, rule["action"], [...path, "action"], report);
}

/** Several segments stand in braces, and none is chosen. */
function isUnclear(template: string, name: unknown): boolean {
  const names = templateNames(template);
  return name === undefined && typeof names !== "string" && names.length > 1;
}

function checkAction(rule: RedactionRule, value: unknown, path: Path, report: Report): void {
  const replacement = asText(asMapping(value)["replace"]);
  if (replacement === undefined) return;
  const fault = redactionRuleFault({ ...rule, action: { kind: "replace", value: replacement } });
  if (fault !== undefined)
    report(
      [...path, "replace"],
      clause(fault, replacement),
      `text without control characters, or ${joined(ACTIONS)}`,
    );
}

const LONGEST_FAULT = 240;

/** A sentence about a value as part of another one, and no longer than a line should be. */
function clause(sentence: string, value: string): string {
  const text = sentence.replace(/\.$/, "").replace(JSON.stringify(value), () => shown(value));
  return text.length > LONGEST_FAULT ? `${text.slice(0, LONGEST_FAULT)}…` : text;
}

import { isDeepStrictEqual } from "node:util";
import { regexFault } from "../../select/match/regex.ts";
import { checkRedact, checkRedaction } from "./consistency-redaction.ts";
import { DEFAULTS } from "./defaults.ts";
import { asList, asMapping, asText, type Mapping, type Path, type Report } from "./documents.ts";
import { isPathTemplate } from "./http-text.ts";
import { bytesOf, numberOf, percentOf } from "./quantities.ts";
import { readTargetUrl } from "./target-url.ts";

/**
 * What a schema cannot say: values that contradict each other. Looks at every file, well-formed or not, so that all problems are
 * told at once; what has the wrong form is passed over, since the schema tells that.
 */

/** Compiling a regular expression takes a millisecond at worst. */
const MOST_REGEXES = 512;

/** Entries with their paths; one entry stands for a list of one. */
function entries(value: unknown, path: Path): (readonly [entry: Mapping, path: Path])[] {
  if (!Array.isArray(value)) return value === undefined ? [] : [[asMapping(value), path]];
  return value.map((entry, index) => [asMapping(entry), [...path, index]] as const);
}

function exclude(mapping: Mapping, path: Path, keys: readonly string[], report: Report): void {
  const given = keys.filter((key) => mapping[key] !== undefined);
  for (const key of given.slice(1))
    report([...path, key], `excludes ${given[0]}`, `one of ${keys.join(", ")}`);
}

export function checkConsistency(document: unknown, report: Report): void {
  const root = asMapping(document);
  checkCapture(asMapping(root["capture"]), ["capture"], report);
  const names = new Map<string, number>();
  const targets = new Map<string, { readonly target: unknown; readonly where: string }>();
  const regexes = { left: MOST_REGEXES };
  const takeRegex = (path: Path, to: Report) => takesRegex(path, regexes, to);
  checkRedaction(root["redaction"], takeRegex, report);
  for (const [index, entry] of asList(root["mirrors"]).entries()) {
    const mirror = asMapping(entry);
    const path = ["mirrors", index];
    const name = asText(mirror["name"]);
    const first = name === undefined ? undefined : names.get(name);
    if (first !== undefined)
      report([...path, "name"], `is the name of mirrors[${first}], too`, "another name");
    else if (name !== undefined) names.set(name, index);
    exclude(mirror, path, ["percent", "fraction", "ramp"], report);
    checkFraction(asMapping(mirror["fraction"]), [...path, "fraction"], report);
    checkRamp(mirror["ramp"], [...path, "ramp"], report);
    for (const [match, at] of entries(mirror["match"], [...path, "match"]))
      checkMatch(match, at, regexes, report);
    checkRedact(mirror["redact"], [...path, "redact"], root["redaction"], takeRegex, report);
    checkTargets(entries(mirror["to"], [...path, "to"]), index, targets, report);
  }
}

function checkCapture(capture: Mapping, path: Path, report: Report): void {
  exclude(capture, path, ["netns", "cgroup", "container", "allNamespaces"], report);
  if (capture["hook"] === "cgroup" && asList(capture["interfaces"]).length > 0)
    report(
      [...path, "interfaces"],
      "has no meaning for hook cgroup, which sees every interface",
      "no interfaces, or hook tc or socket",
    );
}

function checkFraction(
  { numerator, denominator = DEFAULTS.denominator }: Mapping,
  path: Path,
  report: Report,
): void {
  if (numberOf(numerator) > numberOf(denominator))
    report([...path, "numerator"], `found ${numerator}`, `at most the denominator, ${denominator}`);
}

function checkRamp(value: unknown, path: Path, report: Report): void {
  if (value === undefined) return;
  const { from, to, guard } = asMapping(value);
  const start = percentOf(from);
  const end = percentOf(to);
  if (start >= end) report([...path, "to"], `found ${end} %`, `more than from, ${start} %`);
  if (guard !== undefined && Object.keys(asMapping(guard)).length === 0)
    report([...path, "guard"], "looks at nothing", "errors, p99 or both");
}

function checkMatch(match: Mapping, path: Path, regexes: { left: number }, report: Report): void {
  const path_ = asMapping(match["path"]);
  checkPath(path_, [...path, "path", "value"], regexes, report);
  for (const key of ["headers", "queryParams", "cookies"])
    for (const [test, at] of entries(match[key], [...path, key]))
      checkValueTest(test, at, regexes, report);
  checkBodySize(match["bodySize"], [...path, "bodySize"], report);
  const prefix = match["prefix"];
  if (prefix !== undefined) {
    exclude(asMapping(prefix), [...path, "prefix"], ["text", "hex"], report);
    if (Object.keys(asMapping(prefix)).length === 0)
      report([...path, "prefix"], "says nothing", "text or hex");
  }
  for (const key of ["all", "any"])
    for (const [inner, at] of entries(match[key], [...path, key]))
      checkMatch(inner, at, regexes, report);
  if (match["not"] !== undefined)
    checkMatch(asMapping(match["not"]), [...path, "not"], regexes, report);
}

/** Takes one of the expressions that a file may have, and tells the first that is too many. */
function takesRegex(path: Path, regexes: { left: number }, report: Report): boolean {
  if (regexes.left-- === 0)
    report(path, "is one regular expression too many", `at most ${MOST_REGEXES} in a file`);
  return regexes.left >= 0;
}

function checkRegex(value: string, path: Path, regexes: { left: number }, report: Report): void {
  if (!takesRegex(path, regexes, report)) return;
  // The expression is compared with bytes, of which such a character would be several.
  if (!/^[\t -~]*$/.test(value)) {
    report(path, "holds characters that are not ASCII", "their bytes, such as \\xC3\\xA9");
    return;
  }
  const fault = regexFault(value);
  if (fault !== undefined) report(path, `cannot be a regular expression: ${fault}`, "RE2 syntax");
}

function checkPath(test: Mapping, path: Path, regexes: { left: number }, report: Report): void {
  const value = asText(test["value"]);
  if (value === undefined) return;
  const { type = DEFAULTS.pathType } = test;
  if (type === "RegularExpression") {
    checkRegex(value, path, regexes, report);
    return;
  }
  const found = `found ${JSON.stringify(value.slice(0, 60))}`;
  if (type === "Glob") {
    if (!/^[/*]/.test(value)) report(path, found, "a glob that begins with / or *");
  } else if (!value.startsWith("/")) {
    if (type !== "Exact" || value !== "*") report(path, found, "a path that begins with /");
  } else if (/[?#]/.test(value)) {
    report(path, found, "a path without a query: see queryParams");
  } else if (type === "Template" && !isPathTemplate(value)) {
    report(path, found, "whole segments in braces, such as /users/{id}/orders");
  }
}

function checkValueTest(
  test: Mapping,
  path: Path,
  regexes: { left: number },
  report: Report,
): void {
  const { type = DEFAULTS.valueType, value } = test;
  const takesNone = type === "Present" || type === "Absent";
  if (takesNone && value !== undefined)
    report([...path, "value"], `has no meaning for type ${type}`, "no value");
  if (!takesNone && value === undefined && typeof type === "string")
    report([...path, "value"], "is missing", "the value to compare with");
  if (type === "RegularExpression" && typeof value === "string")
    checkRegex(value, [...path, "value"], regexes, report);
}

function checkBodySize(value: unknown, path: Path, report: Report): void {
  if (value === undefined) return;
  const { min, max } = asMapping(value);
  if (min === undefined && max === undefined) report(path, "says nothing", "min, max or both");
  if (bytesOf(min) > bytesOf(max)) report([...path, "max"], "is less than min", "min or more");
}

function checkTargets(
  targets: readonly (readonly [target: Mapping, path: Path])[],
  mirror: number,
  known: Map<string, { readonly target: unknown; readonly where: string }>,
  report: Report,
): void {
  const here = new Set<string>();
  for (const [target, path] of targets) {
    exclude(target, path, ["ca", "insecure"], report);
    const url = asText(target["url"]);
    if (url === undefined) continue;
    const address = readTargetUrl(url);
    if ("why" in address) {
      const expected = "a URL such as http://10.0.0.9:8080 or https://shadow.example/prefix";
      report([...path, "url"], `${JSON.stringify(address.text)} ${address.why}`, expected);
      continue;
    }
    const name = asText(target["name"]) ?? address.name;
    const same = { ...target, name, url: address.name };
    const first = known.get(name);
    if (here.has(name))
      report(path, `is the target ${name} once more`, "each target of a mirror once");
    else if (first !== undefined && !isDeepStrictEqual(first.target, same))
      report(
        path,
        `is not what the target ${name} is in ${first.where}`,
        "the same there and here, or another name",
      );
    here.add(name);
    if (first === undefined) known.set(name, { target: same, where: `mirrors[${mirror}].to` });
  }
}

import { MATCH_ALL, type Match, type PathTest, type ValueTest } from "../../model/rule.ts";
import { DEFAULTS } from "./defaults.ts";
import { readHexBytes, wireText } from "./http-text.ts";
import { bytesOf } from "./quantities.ts";
import type { MatchDocument } from "./schema-match.ts";

type PathDocument = NonNullable<MatchDocument["path"]>;
type ValueDocument = NonNullable<MatchDocument["headers"]>[number];

const PATH_KINDS = {
  Exact: "exact",
  PathPrefix: "prefix",
  RegularExpression: "regex",
  Template: "template",
  Glob: "glob",
} as const satisfies Record<string, PathTest["kind"]>;

function buildPath({ type = DEFAULTS.pathType, value }: PathDocument): Match {
  return { kind: "path", test: { kind: PATH_KINDS[type], value: wireText(value) } };
}

function buildHost(hostname: string): Match {
  const name = hostname.toLowerCase();
  return name.startsWith("*.")
    ? { kind: "host", test: { kind: "suffix", value: name.slice(2) } }
    : { kind: "host", test: { kind: "exact", value: name } };
}

function buildValue({ type = DEFAULTS.valueType, value = "" }: ValueDocument): ValueTest {
  switch (type) {
    case "Present":
      return { kind: "present" };
    case "Absent":
      return { kind: "absent" };
    case "RegularExpression":
      return { kind: "regex", value };
    case "Prefix":
      return { kind: "prefix", value: wireText(value) };
    case "Exact":
      return { kind: "exact", value: wireText(value) };
  }
}

/** One thing that must hold is itself; several are all of them. */
function allOf(parts: readonly Match[]): Match {
  const [only] = parts;
  if (only === undefined) return MATCH_ALL;
  return parts.length === 1 ? only : { kind: "all", of: parts };
}

function anyOf(parts: readonly Match[]): Match {
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : { kind: "any", of: parts };
}

/** A document of the rules file as what the request must be. The document has been checked. */
function buildMatch(match: MatchDocument): Match {
  const parts: Match[] = [];
  if (match.method !== undefined) parts.push({ kind: "method", value: match.method });
  if (match.path) parts.push(buildPath(match.path));
  if (match.hostnames) parts.push(anyOf(match.hostnames.map(buildHost)));
  for (const test of match.headers ?? [])
    parts.push({ kind: "header", name: test.name.toLowerCase(), test: buildValue(test) });
  for (const test of match.queryParams ?? [])
    parts.push({ kind: "query", name: wireText(test.name), test: buildValue(test) });
  for (const test of match.cookies ?? [])
    parts.push({ kind: "cookie", name: test.name, test: buildValue(test) });
  if (match.contentType !== undefined)
    parts.push({ kind: "content_type", value: match.contentType.toLowerCase() });
  if (match.bodySize) {
    const { min, max } = match.bodySize;
    parts.push({
      kind: "body_size",
      minBytes: min === undefined ? 0 : bytesOf(min),
      maxBytes: max === undefined ? undefined : bytesOf(max),
    });
  }
  if (match.prefix) {
    const { text, hex } = match.prefix;
    const value = hex === undefined ? wireText(text ?? "") : (readHexBytes(hex) ?? "");
    parts.push({ kind: "prefix", value });
  }
  if (match.all) parts.push(allOf(match.all.map(buildMatch)));
  if (match.any) parts.push(anyOf(match.any.map(buildMatch)));
  if (match.not) parts.push({ kind: "not", of: buildMatch(match.not) });
  return allOf(parts);
}

/** Without a list, every request; of a list, one must hold. */
export function buildMatches(matches: readonly MatchDocument[]): Match {
  return matches.length === 0 ? MATCH_ALL : anyOf(matches.map(buildMatch));
}

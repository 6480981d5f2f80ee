import type { Match, PathTest, ValueTest } from "../../model/rule.ts";
import type { Clause, Condition, PathPart } from "./condition.ts";

const MAX_QUOTED = 64;

function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);
}

/** What the kernel looks for in a request, in words. */
export function describeClause(clause: Clause): string {
  if (clause.length === 0) return "nothing, because no request can match";
  return clause.map(describeCondition).join(" or ");
}

function describeCondition(condition: Condition): string {
  switch (condition.kind) {
    case "method":
      return `method ${condition.value}`;
    case "start":
      return `first bytes ${quoted(condition.value)}`;
    case "path":
      return `path ${describePath(condition)}${OTHER_FORMS}`;
    case "host": {
      const value = quoted(`${condition.isSuffix ? "*." : ""}${condition.value}`);
      return `host ${verb(condition.end)} ${value}, in any case${OTHER_FORMS}`;
    }
    case "content_type":
      if (condition.value === "") return "header content-type present";
      return `content type ${verb(condition.end)} ${quoted(condition.value)}, in any case`;
    case "query":
      return `query ${describeNamed(condition)} (or any query with % or +)`;
    case "header":
    case "cookie":
      return `${condition.kind} ${describeNamed(condition)}`;
  }
}

const OTHER_FORMS = " (or a target that does not begin with /)";

function verb(end: "exact" | "open"): string {
  return end === "exact" ? "is" : "begins";
}

function describeNamed(condition: Condition & { kind: "header" | "cookie" | "query" }): string {
  const { name, value, end } = condition;
  if (value === "" && end === "open") return `${name} present`;
  return `${name} ${verb(end)} ${quoted(value)}`;
}

function describePath({ parts, end }: Condition & { kind: "path" }): string {
  const text = quoted(parts.map(pathPartText).join(""));
  if (end === "open") return `begins ${text}`;
  return end === "exact" ? `is ${text}` : `is ${text} or below`;
}

function pathPartText(part: PathPart): string {
  if (part.kind === "literal") return part.value;
  return part.kind === "segment" ? "{}" : "?";
}

/** What a rule asks for, in words. */
export function describeMatch(match: Match): string {
  switch (match.kind) {
    case "all":
      return match.of.length === 0 ? "every request" : describeParts(match.of, " and ");
    case "any":
      return match.of.length === 0 ? "no request" : describeParts(match.of, " or ");
    case "not":
      return `not ${describePart(match.of)}`;
    case "method":
      return `method ${match.value}`;
    case "path":
      return `path ${describePathTest(match.test)}`;
    case "host":
      return match.test.kind === "suffix"
        ? `host is ${quoted(`*.${match.test.value}`)}`
        : `host ${describeValueTest({ kind: match.test.kind, value: match.test.value })}`;
    case "header":
    case "cookie":
    case "query":
      return `${match.kind} ${match.name} ${describeValueTest(match.test)}`;
    case "content_type":
      return `content type is ${quoted(match.value)}`;
    case "body_size":
      return match.maxBytes === undefined
        ? `body of ${match.minBytes} bytes or more`
        : `body of ${match.minBytes} to ${match.maxBytes} bytes`;
    case "prefix":
      return `first bytes ${quoted(match.value)}`;
  }
}

function describeParts(parts: readonly Match[], joint: string): string {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return describeMatch(only);
  return parts.map(describePart).join(joint);
}

function describePart(part: Match): string {
  const isList = (part.kind === "all" || part.kind === "any") && part.of.length > 1;
  return isList ? `(${describeMatch(part)})` : describeMatch(part);
}

function describeValueTest(test: ValueTest): string {
  switch (test.kind) {
    case "exact":
      return `is ${quoted(test.value)}`;
    case "prefix":
      return `begins ${quoted(test.value)}`;
    case "regex":
      return `matches ${quoted(test.value)}`;
    case "present":
    case "absent":
      return test.kind;
  }
}

function describePathTest({ kind, value }: PathTest): string {
  switch (kind) {
    case "exact":
      return `is ${quoted(value)}`;
    case "prefix":
      return `is ${quoted(value)} or below`;
    case "regex":
      return `matches ${quoted(value)}`;
    case "template":
    case "glob":
      return `matches ${kind} ${quoted(value)}`;
  }
}

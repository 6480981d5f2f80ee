import type { Match, PathTest, ValueTest } from "../model/rule.ts";

/** A match in words, for one line: `path /api/*, header x-user-id is 42`. */
export function matchText(match: Match): string {
  switch (match.kind) {
    case "all":
      return match.of.map(matchText).join(", ");
    case "any":
      return `any of (${match.of.map(matchText).join("; ")})`;
    case "not":
      return `not (${matchText(match.of)})`;
    case "method":
      return `method ${match.value}`;
    case "path":
      return pathText(match.test);
    case "host":
      return hostText(match.test);
    case "header":
    case "query":
    case "cookie":
      return `${match.kind} ${match.name} ${valueText(match.test)}`;
    case "content_type":
      return `content type ${match.value}`;
    case "body_size":
      return `body of ${match.minBytes} to ${match.maxBytes ?? "any number of"} bytes`;
    case "prefix":
      return `begins ${JSON.stringify(match.value)}`;
  }
}

function hostText({ kind, value }: Extract<Match, { readonly kind: "host" }>["test"]): string {
  if (kind === "regex") return `host matches ${value}`;
  return `host ${kind === "suffix" ? "*." : ""}${value}`;
}

function pathText({ kind, value }: PathTest): string {
  if (kind === "glob" || kind === "template") return `path ${value}`;
  return `path ${kind === "exact" ? "is" : kind === "prefix" ? "below" : "matches"} ${value}`;
}

function valueText(test: ValueTest): string {
  switch (test.kind) {
    case "exact":
      return `is ${test.value}`;
    case "prefix":
      return `begins ${test.value}`;
    case "regex":
      return `matches ${test.value}`;
    case "present":
    case "absent":
      return test.kind;
  }
}

import type { Match, ValueTest } from "../../../src/model/rule.ts";
import { fc } from "../../fuzz/property.ts";

// Few letters, so that what is asked for and what is there meet often.
const letters = (units: readonly string[], maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...units), maxLength });

const name = fc.constantFrom("a", "b", "A", "x-y");
const value = letters(["a", "b", "A", "1"], 3);
const regexes = fc.constantFrom("a*", "[ab]+", "a|b1?", "(a|b)*1", ".?", "");
const segments = letters(["a", "b", "/", "/a"], 5);
const hosts = fc.constantFrom("a", "b.a", "B.a", "c.b.a", ".a", "");

const pieces = fc.constantFrom("a", "b", "A", "=", "&", "%61", "%", "+", "?", "%3D", "%2", "1");
const query = fc.array(pieces, { maxLength: 8 }).map((all) => all.join(""));
const target = fc.oneof(
  { weight: 1, arbitrary: fc.constant("*") },
  {
    weight: 12,
    arbitrary: fc
      .record({
        authority: fc.option(fc.constantFrom("http://a", "http://B.a:80", "x://c.b.a")),
        path: fc.option(segments.map((path) => `/${path}`)),
        query: fc.option(query),
      })
      .map(({ authority, path, query }) => {
        const rest = query === null ? "" : `?${query}`;
        return authority === null ? `${path ?? "/"}${rest}` : `${authority}${path ?? ""}${rest}`;
      }),
  },
);

const cookieText = fc
  .array(fc.constantFrom("a", "b", "=", ";", "; ", " ", "A", "1"), { maxLength: 8 })
  .map((all) => all.join(""));
const mediaType = fc.constantFrom("a/b", "A/b; x", "a/", "a/bb", " a/b ;", "b");
const field = fc.oneof(
  fc.tuple(name, value),
  fc.tuple(
    fc.constant("Host"),
    fc.tuple(hosts, fc.constantFrom("", ":80")).map((both) => both.join("")),
  ),
  fc.tuple(fc.constantFrom("Cookie", "cookie"), cookieText),
  fc.tuple(fc.constant("Content-Type"), mediaType),
);

/** The text of any request that decode would hand on, in ASCII. */
export const anyRequestText: fc.Arbitrary<string> = fc
  .record({
    method: fc.constantFrom("GET", "POST", "get"),
    target,
    fields: fc.array(field, { maxLength: 5 }),
    body: fc.option(letters(["a", "b"], 4)),
  })
  .map(({ method, target, fields, body }) => {
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const framing = body === null ? "" : `Content-Length: ${body.length}\r\n`;
    return `${method} ${target} HTTP/1.1\r\n${lines}${framing}\r\n${body ?? ""}`;
  });

const valueTest: fc.Arbitrary<ValueTest> = fc.oneof(
  fc.record({ kind: fc.constantFrom("exact" as const, "prefix" as const), value }),
  fc.record({ kind: fc.constant("regex" as const), value: regexes }),
  fc.record({ kind: fc.constantFrom("present" as const, "absent" as const) }),
);

const pathValue = fc
  .array(fc.constantFrom("a", "b", "/", "/a", "*", "/{id}"), { maxLength: 5 })
  .map((all) => `/${all.join("")}`);

const oneTest: fc.Arbitrary<Match> = fc.oneof(
  fc.record({ kind: fc.constant("method" as const), value: fc.constantFrom("GET", "POST") }),
  fc.record({
    kind: fc.constant("path" as const),
    test: fc.oneof(
      fc.record({
        kind: fc.constantFrom("exact", "prefix", "template", "glob"),
        value: pathValue,
      }),
      fc.record({ kind: fc.constant("regex" as const), value: fc.constantFrom("/[ab/]*", "/a|") }),
    ),
  }),
  fc.record({
    kind: fc.constant("host" as const),
    test: fc.oneof(
      fc.record({ kind: fc.constantFrom("exact" as const, "suffix" as const), value: hosts }),
      fc.record({ kind: fc.constant("regex" as const), value: fc.constantFrom("[a-c].a", "a?") }),
    ),
  }),
  fc.record({
    kind: fc.constantFrom("header" as const, "query" as const, "cookie" as const),
    name,
    test: valueTest,
  }),
  fc.record({
    kind: fc.constant("content_type" as const),
    value: fc.constantFrom("a/b", "A/*", "b", "a/bb"),
  }),
  fc.record({
    kind: fc.constant("body_size" as const),
    minBytes: fc.nat(4),
    maxBytes: fc.option(fc.nat(4), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant("prefix" as const),
    value: fc.constantFrom("G", "GET /", "GET /a", "POST", ""),
  }),
);

/** Any match, with `all`, `any` and `not` around the single tests. */
export const anyMatch: fc.Arbitrary<Match> = fc.letrec<{ match: Match }>((tie) => ({
  match: fc.oneof(
    { depthSize: "small" },
    oneTest,
    fc.record({
      kind: fc.constantFrom("all" as const, "any" as const),
      of: fc.array(tie("match"), { maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant("not" as const), of: tie("match") }),
  ),
})).match;

import type { Match, PathTest, ValueTest } from "../../../src/model/rule.ts";
import { fc } from "../../fuzz/property.ts";

/** Few words, so that what rules ask for is often what requests have. */
const word = fc.constantFrom("a", "b", "ab", "aB", "a-1", "id", "x", "A", "1", "42", "421", "");
const name = fc.constantFrom("a", "ab", "id", "x-id", "X-Id", "host", "cookie", "content-type");
const label = fc.constantFrom("a", "b", "ab", "example", "42");
const host = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join(".")),
  fc.constantFrom("[::1]", "127.0.0.1", "A.Example", ""),
);
const segment = fc.constantFrom("a", "b", "ab", "a.b", "%61", "A", "42", "", "api", "{id}");
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((all) => `/${all.join("/")}`);
const regex = fc.constantFrom(
  "a",
  "a.*",
  "ab?",
  "ab*",
  "a+b",
  "^a$",
  "a|b",
  "(a|b)1?",
  "(?i)AB",
  "/a/.*",
  "/a|/b",
  "\\/a\\.b",
  "[ab]+|42",
  "42\\d*",
  ".*",
  "\\Qa|b\\E",
  "a{0,2}",
  "/(?:a|b)/.+",
);
const methods = fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS");
const mediaType = fc.constantFrom("text/html", "text/plain", "application/json", "TEXT/html", "a");

const valueTest: fc.Arbitrary<ValueTest> = fc.oneof(
  fc.record({ kind: fc.constantFrom("exact" as const, "prefix" as const), value: word }),
  fc.record({ kind: fc.constant("regex" as const), value: regex }),
  fc.constantFrom<ValueTest>({ kind: "present" }, { kind: "absent" }),
);

const pathTest: fc.Arbitrary<PathTest> = fc.oneof(
  fc.record({ kind: fc.constantFrom("exact" as const, "prefix" as const), value: path }),
  fc.record({ kind: fc.constant("regex" as const), value: regex }),
  fc.record({
    kind: fc.constant("template" as const),
    value: path.map((text) => text.replaceAll("42", "{x}")),
  }),
  fc.record({
    kind: fc.constant("glob" as const),
    value: path.map((text) => text.replaceAll("b", "?").replaceAll("42", "*")),
  }),
);

const leaf: fc.Arbitrary<Match> = fc.oneof(
  fc.record({ kind: fc.constant("method" as const), value: methods }),
  fc.record({ kind: fc.constant("path" as const), test: pathTest }),
  fc.record({
    kind: fc.constant("host" as const),
    test: fc.oneof(
      fc.record({ kind: fc.constantFrom("exact" as const, "suffix" as const), value: host }),
      fc.record({ kind: fc.constant("regex" as const), value: regex }),
    ),
  }),
  fc.record({
    kind: fc.constantFrom("header" as const, "query" as const, "cookie" as const),
    name,
    test: valueTest,
  }),
  fc.record({
    kind: fc.constant("content_type" as const),
    value: fc.oneof(mediaType, fc.constantFrom("text/*", "*/*")),
  }),
  fc.record({
    kind: fc.constant("body_size" as const),
    minBytes: fc.nat(3),
    maxBytes: fc.option(fc.nat(9), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant("prefix" as const),
    value: fc.constantFrom("GET /a", "POST ", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\n\r\n", "GE"),
  }),
);

/** Any match, some of them nested. */
export const anyMatch: fc.Arbitrary<Match> = fc.letrec<{ match: Match }>((tie) => ({
  match: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { arbitrary: leaf, weight: 4 },
    {
      arbitrary: fc.record({
        kind: fc.constantFrom("all" as const, "any" as const),
        of: fc.array(tie("match"), { maxLength: 3 }),
      }),
      weight: 3,
    },
    {
      arbitrary: fc.record({ kind: fc.constant("not" as const), of: tie("match") }),
      weight: 1,
    },
  ),
})).match;

const blanks = fc.constantFrom("", " ", "  ", "\t", " \t ");
const inSomeCase = (text: string) => fc.constantFrom(text, text.toUpperCase(), text.toLowerCase());

const encodedWord = fc.oneof(
  word,
  fc.constantFrom("%61", "%6", "%", "+", "a+b", "%41b", "i%64", "a%20", "a=b", "?a"),
);
const piece = fc.oneof(
  fc.tuple(encodedWord, fc.constantFrom("=", "=="), encodedWord).map((all) => all.join("")),
  encodedWord,
);
const query = fc
  .array(piece, { maxLength: 3 })
  .chain((pieces) => fc.constantFrom("", `?${pieces.join("&")}`, `?&${pieces.join("&&")}`));

const target = fc.oneof(
  { arbitrary: fc.tuple(path, query).map(([p, q]) => p + q), weight: 6 },
  {
    arbitrary: fc
      .tuple(fc.constantFrom("http://", "HTTPS://"), host, fc.oneof(path, fc.constant("")), query)
      .map((all) => all.join("")),
    weight: 2,
  },
  { arbitrary: fc.constant("*"), weight: 1 },
);

const pair = fc.oneof(
  {
    arbitrary: fc
      .tuple(blanks, name, blanks, fc.constantFrom("=", "=", "", "=="), blanks, word, blanks)
      .map((all) => all.join("")),
    weight: 4,
  },
  { arbitrary: blanks, weight: 1 },
);

/** A folded field: whatever is in it. */
const fold = fc.oneof(
  { arbitrary: fc.constant(""), weight: 30 },
  { arbitrary: fc.constantFrom("\r\n ", "\r\n\t"), weight: 1 },
);

const hostValue = fc
  .tuple(host, fc.constantFrom("", ":80", ":", "x"))
  .map((all) => all.join(""))
  .chain(inSomeCase);

const field: fc.Arbitrary<string> = fc
  .oneof(
    fc.tuple(name, fc.oneof(word, word, regex)),
    fc.tuple(fc.constant("host"), hostValue),
    fc.tuple(
      fc.constant("cookie"),
      fc.array(pair, { maxLength: 3 }).map((pairs) => pairs.join(";")),
    ),
    fc.tuple(
      fc.constant("content-type"),
      fc
        .tuple(mediaType, fc.constantFrom("", "; charset=a", " ;a", ";", "+xml"))
        .map((all) => all.join("")),
    ),
    fc.tuple(
      fc.constantFrom("upgrade", "expect", "connection", "content-lengt", "content-lengthy"),
      fc.constantFrom("close", "h2c", "1"),
    ),
  )
  .chain(([fieldName, value]) =>
    fc
      .tuple(
        inSomeCase(fieldName),
        fc.constant(":"),
        blanks,
        fold,
        fc.constant(value),
        fold,
        blanks,
      )
      .map((all) => `${all.join("")}\r\n`),
  );

const framing = fc.oneof(
  { arbitrary: fc.constant({ line: "", body: "" }), weight: 4 },
  {
    arbitrary: fc
      .tuple(inSomeCase("Content-Length"), blanks, fc.string({ maxLength: 12 }), blanks)
      .map(([fieldName, before, text, after]) => {
        const body = Buffer.from(text, "latin1").toString("latin1");
        return { line: `${fieldName}:${before}${body.length}${after}\r\n`, body };
      }),
    weight: 4,
  },
  {
    arbitrary: fc.constant({
      line: "Transfer-Encoding: chunked\r\n",
      body: "3\r\nabc\r\n0\r\n\r\n",
    }),
    weight: 1,
  },
);

export interface GeneratedRequest {
  readonly head: string;
  readonly body: string;
}

/** A request that decode reads, in every odd shape that it does. */
export const anyRequest: fc.Arbitrary<GeneratedRequest> = fc
  .tuple(
    methods,
    target,
    fc.constantFrom("1.1", "1.1", "1.0"),
    fc.array(field, { maxLength: 4 }),
    framing,
    fc.array(field, { maxLength: 2 }),
  )
  .map(([method, to, version, before, { line, body }, after]) => ({
    head: `${method} ${to} HTTP/${version}\r\n${before.join("")}${line}${after.join("")}\r\n`,
    body,
  }));

/** A request with some bytes of it changed, doubled or left out. */
export const oddRequest: fc.Arbitrary<string> = fc
  .tuple(
    anyRequest,
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        remove: fc.nat(2),
        insert: fc.oneof(
          fc.constantFrom("\r", "\n", "\r\n", " ", "\t", "\0", ":", "0", ",", "\x7f", "\xe4", "-"),
          fc.constantFrom("Content-Length: 1\r\n", "content-length:\r\n", "Content-Length : 2\r\n"),
          fc.constantFrom("Content-Length: 1234567890\r\n", "Content-Length: +1\r\n", "\r\n\r\n"),
          fc.constantFrom("Content-Length: 1 1\r\n", "Content-Length: 007\r\n", " HTTP/1.1\r\n"),
        ),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([{ head, body }, edits]) =>
    edits.reduce((text, { at, remove, insert }) => {
      const place = 8 + Math.floor(at * Math.max(0, text.length - 8));
      const start = insert.length > 3 ? text.indexOf("\n", place - 8) + 1 : place;
      return text.slice(0, start) + insert + text.slice(start + (insert.length > 3 ? 0 : remove));
    }, head + body),
  );

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RequestView } from "../../../src/model/request.ts";
import { MATCH_ALL, type Match, type PathTest, type ValueTest } from "../../../src/model/rule.ts";
import { compileMatch } from "../../../src/select/match/compile-match.ts";
import { get, requestView } from "../request.ts";

type Case = readonly [match: Match, request: RequestView, expected: boolean];

function table(name: string, cases: readonly Case[]) {
  describe(name, () => {
    for (const [match, request, expected] of cases) {
      const { start, headEnd } = request;
      const head = JSON.stringify(Buffer.from(request.bytes).toString("latin1", start, headEnd));
      test(`${JSON.stringify(match)} ${expected ? "matches" : "does not match"} ${head}`, () => {
        assert.equal(compileMatch(match)(request), expected);
        assert.equal(compileMatch({ kind: "not", of: match })(request), !expected);
      });
    }
  });
}

const path = (kind: PathTest["kind"], value: string): Match => ({
  kind: "path",
  test: { kind, value },
});
const valueTest =
  (kind: "header" | "query" | "cookie") =>
  (name: string, test: ValueTest | string): Match => ({
    kind,
    name,
    test: typeof test === "string" ? { kind: "exact", value: test } : test,
  });
const header = valueTest("header");
const query = valueTest("query");
const cookie = valueTest("cookie");
const present: ValueTest = { kind: "present" };
const absent: ValueTest = { kind: "absent" };
const prefix = (value: string): ValueTest => ({ kind: "prefix", value });
const regex = (value: string): ValueTest => ({ kind: "regex", value });

const pathCases: readonly (readonly [PathTest["kind"], string, string, boolean])[] = [
  ["exact", "/a", "/a", true],
  ["exact", "/a", "/a?q=/b", true],
  ["exact", "/a", "/a?", true],
  ["exact", "/a", "/a/", false],
  ["exact", "/a", "/ab", false],
  ["exact", "/a", "/A", false],
  ["exact", "/a", "/%61", false],
  ["exact", "/%61", "/%61", true],
  ["exact", "/a?q", "/a?q", false],
  ["exact", "/", "/", true],
  ["exact", "/", "http://host", false],
  ["exact", "", "http://host", true],
  ["exact", "", "http://host?/a", true],
  ["exact", "/a", "http://host?/a", false],
  ["exact", "/a", "http://host/a", true],
  ["exact", "/a", "https://[::1]:80/a?b", true],
  ["exact", "*", "*", true],
  ["exact", "/\u{e9}\u{1f600}", "/", false],
  ["prefix", "/a", "/a", true],
  ["prefix", "/a", "/a/", true],
  ["prefix", "/a", "/a/b?c", true],
  ["prefix", "/a", "/a?b", true],
  ["prefix", "/a", "/ab", false],
  ["prefix", "/a", "/b/a", false],
  ["prefix", "/a/", "/a", true],
  ["prefix", "/a/", "/a/b", true],
  ["prefix", "/a/", "/ab", false],
  ["prefix", "/a/b", "/a?/b", false],
  ["prefix", "/a?", "/a?/", false],
  ["prefix", "/", "/", true],
  ["prefix", "/", "/a/b", true],
  ["prefix", "/", "http://host", true],
  ["prefix", "/", "http://host?a", true],
  ["prefix", "/", "*", false],
  ["prefix", "/a", "http://host/a/b", true],
  ["prefix", "/\u{100}", "/", false],
  ["regex", "/a+", "/aaa", true],
  ["regex", "/a+", "/aaa?b", true],
  ["regex", "/a+", "/aaab", false],
  ["regex", "/a+", "/x/aaa", false],
  ["regex", "a|/b", "/b", true],
  ["regex", "/users/[0-9]+/(orders|items)", "/users/12/items", true],
  ["regex", "(?i)/ABC", "/aBc", true],
  ["regex", ".*", "*", true],
  ["regex", "/a", "http://host/a", true],
  ["template", "/users/{id}", "/users/7", true],
  ["template", "/users/{id}", "/users/7?x=/y", true],
  ["template", "/users/{id}", "/users/", false],
  ["template", "/users/{id}", "/users", false],
  ["template", "/users/{id}", "/users/7/", false],
  ["template", "/users/{id}", "/users/7/orders", false],
  ["template", "/users/{id}/orders", "/users/7/orders", true],
  ["template", "/users/{id}/orders", "/users//orders", false],
  ["template", "/users/{id}/orders", "/users/7/order", false],
  ["template", "/users/{id}/orders", "/users/7/orders/", false],
  ["template", "/{a}/{b}", "/x/y", true],
  ["template", "/{a}/{b}", "http://host/x/y", true],
  ["template", "/v{a}", "/v1", false],
  ["template", "/v{a}", "/v{a}", true],
  ["template", "/a/", "/a/", true],
  ["template", "/a/", "/a", false],
  ["template", "/{a}/\u{100}", "/x/y", false],
  ["glob", "*", "/", true],
  ["glob", "*", "*", true],
  ["glob", "**", "/a/b?c", true],
  ["glob", "/api/*", "/api/v1/x", true],
  ["glob", "/api/*", "/api/", true],
  ["glob", "/api/*", "/api", false],
  ["glob", "/api/*", "/api?x=/api/1", false],
  ["glob", "/api/*", "/API/x", false],
  ["glob", "/api", "/api?q=1", true],
  ["glob", "/api", "/api/", false],
  ["glob", "/v?/x", "/v1/x", true],
  ["glob", "/v?/x", "/v12/x", false],
  ["glob", "/v?", "/v?x=1", false],
  ["glob", "/v?*", "/v1/2?x", true],
  ["glob", "*.png", "/a/b.png?v=2", true],
  ["glob", "*.png", "/a/b.pngx", false],
  ["glob", "/a*b*c", "/a1b2c?d", true],
  ["glob", "/a*b*c", "/acb", false],
  ["glob", "/a*", "http://host:80/b?http://x/a", false],
  ["glob", "", "http://host", true],
  ["glob", "\u{100}*", "/", false],
];
table(
  "path",
  pathCases.map(([kind, value, target, expected]) => [path(kind, value), get(target), expected]),
);

const host = (kind: "exact" | "suffix" | "regex", value: string): Match => ({
  kind: "host",
  test: { kind, value },
});
table("host", [
  [host("exact", "a.example"), get("/", "Host: a.example"), true],
  [host("exact", "a.example"), get("/", "HOST:  A.Example:8080 "), true],
  [host("exact", "A.EXAMPLE"), get("/", "Host: a.example"), true],
  [host("exact", "a.example"), get("/", "Host: b.a.example"), false],
  [host("exact", "a.example"), get("/", "Host: a.example.b"), false],
  [host("exact", "a.example"), get("/"), false],
  [host("exact", "[::1]"), get("/", "Host: [::1]:80"), true],
  [host("exact", "[::1]"), get("/", "Host: [::1]"), true],
  [host("exact", "[::1"), get("/", "Host: [::1"), true],
  [host("exact", "a"), get("http://a:81/", "Host: b"), true],
  [host("exact", "b"), get("http://a:81/", "Host: b"), false],
  [host("exact", "a"), get("http://A?x", "Host: b"), true],
  [host("exact", "b"), get("*", "Host: b"), true],
  [host("exact", "b"), get("/x?u=http://a/", "Host: b"), true],
  [host("exact", "a"), requestView("CONNECT a:443 HTTP/1.1\r\nHost: b\r\n\r\n"), true],
  [host("exact", "a"), get("/", "Host: a", "Host: b"), true],
  [host("exact", "b"), get("/", "Host: a", "Host: b"), false],
  [host("exact", "\u{100}"), get("/", "Host: a"), false],
  [host("suffix", "example.com"), get("/", "Host: a.example.com"), true],
  [host("suffix", "Example.com"), get("/", "Host: A.EXAMPLE.com:80"), true],
  [host("suffix", "example.com"), get("/", "Host: example.com"), false],
  [host("suffix", "example.com"), get("/", "Host: aexample.com"), false],
  [host("suffix", "example.com"), get("/", "Host: .example.com"), false],
  [host("suffix", "example.com"), get("/", "Host: a.b.example.com"), true],
  [host("suffix", "com"), get("/", "Host: example.com"), true],
  [host("suffix", "\u{100}"), get("/", "Host: a.a"), false],
  [host("regex", "[a-c]\\.example"), get("/", "Host: B.example:1"), true],
  [host("regex", "[A-C]\\.example"), get("/", "Host: B.example"), false],
  [host("regex", "example"), get("/", "Host: b.example"), false],
]);

table("header", [
  [header("x-user", "42"), get("/", "X-User: 42"), true],
  [header("X-USER", "42"), get("/", "x-user:\t42 \t"), true],
  [header("x-user", "42"), get("/", "x-user: 421"), false],
  [header("x-user", "a"), get("/", "x-user: A"), false],
  [header("x-user", "42"), get("/", "x-users: 42", "x-use: 42"), false],
  [header("x-user", "42"), get("/", "x-user: 1", "X-User: 42"), true],
  [header("x-user", "42"), get("/", "x-user: 1, 42"), false],
  [header("x-user", "a\r\n b"), get("/", "x-user: a\r\n b"), true],
  [header("x-user", ""), get("/", "x-user:"), true],
  [header("x-user", ""), get("/"), false],
  [header("x-user", "\u{e9}"), get("/", "x-user: \u{e9}"), true],
  [header("x-user", "\u{1e9}"), get("/", "x-user: \u{e9}"), false],
  [header("\u{212a}", "1"), get("/", "k: 1"), false],
  [header("x-user", prefix("4")), get("/", "x-user: 42"), true],
  [header("x-user", prefix("42x")), get("/", "x-user: 42"), false],
  [header("x-user", prefix("")), get("/", "x-user:"), true],
  [header("x-user", regex("[0-9]+")), get("/", "x-user: 42"), true],
  [header("x-user", regex("[0-9]+")), get("/", "x-user: 42a"), false],
  [header("x-user", regex("[0-9]+")), get("/", "x-user: a", "x-user: 2"), true],
  [header("x-user", regex("\\x{e9}")), get("/", "x-user: \u{e9}"), true],
  [header("x-user", regex("..")), get("/", "x-user: \u{c3}\u{a9}"), true],
  [header("x-user", present), get("/", "x-user:"), true],
  [header("x-user", present), get("/x-user"), false],
  [header("x-user", absent), get("/", "x-users: 1"), true],
  [header("x-user", absent), get("/", "X-USER:"), false],
]);

table("query", [
  [query("q", "1"), get("/?q=1"), true],
  [query("q", "1"), get("/?a=b&q=1&c"), true],
  [query("q", "1"), get("/?q=2&q=1"), true],
  [query("q", "1"), get("/?Q=1"), false],
  [query("q", "1"), get("/?qq=1&q=11"), false],
  [query("q", "1"), get("/q=1"), false],
  [query("q", "1"), get("http://h?q=1"), true],
  [query("q", "1"), get("/a?b?q=1"), false],
  [query("b?q", "1"), get("/a?b?q=1"), true],
  [query("q", "a b"), get("/?q=a+b"), true],
  [query("q", "a b"), get("/?q=a%20b"), true],
  [query("q", "a+b"), get("/?q=a%2Bb"), true],
  [query("q", "a&b=c"), get("/?q=a%26b%3dc"), true],
  [query("q", "a=b"), get("/?q=a=b"), true],
  [query("a b", "1"), get("/?a%20b=1"), true],
  [query("a b", "1"), get("/?a+b=1"), true],
  [query("q", "%"), get("/?q=%"), true],
  [query("q", "%4"), get("/?q=%4"), true],
  [query("q", "%4g"), get("/?q=%4g"), true],
  [query("q", "%GA"), get("/?q=%GA&x"), true],
  [query("q", "%A"), get("/?q=%25A"), true],
  [query("q", "\u{c3}\u{a9}"), get("/?q=%C3%A9"), true],
  [query("q", "\u{e9}"), get("/?q=%C3%A9"), false],
  [query("q", "\0"), get("/?q=%00"), true],
  [query("q", ""), get("/?q"), true],
  [query("q", ""), get("/?q="), true],
  [query("", ""), get("/?&&"), false],
  [query("", "x"), get("/?=x"), true],
  [query("\u{100}", "x"), get("/?=x"), false],
  [query("q", prefix("ab")), get(`/?q=%61b${"c".repeat(600)}`), true],
  [query("q", prefix("ab")), get("/?q=a"), false],
  [query("q", regex("[0-9]+ x")), get("/?q=12+x"), true],
  [query("q", regex("[0-9]+")), get("/?q=12+x"), false],
  [query("q", present), get("/?q"), true],
  [query("q", present), get("/?"), false],
  [query("q", absent), get("/"), true],
  [query("q", absent), get("/?x=q"), true],
  [query("q", absent), get("/?x=1&%71=2"), false],
]);

table("cookie", [
  [cookie("id", "1"), get("/", "Cookie: id=1"), true],
  [cookie("id", "1"), get("/", "cookie: a=b; id=1; c=d"), true],
  [cookie("id", "1"), get("/", "Cookie: a=b;id=1"), true],
  [cookie("id", "1"), get("/", "Cookie: a=b; id = 1 ;c=d"), true],
  [cookie("id", "1"), get("/", "Cookie: a=b", "Cookie: id=1"), true],
  [cookie("id", "1"), get("/", "Cookie: id=2; id=1"), true],
  [cookie("id", "1"), get("/", "Cookie: ID=1"), false],
  [cookie("id", "1"), get("/", "Cookie: xid=1; id=11"), false],
  [cookie("id", "1"), get("/", "Set-Cookie: id=1"), false],
  [cookie("id", "1=2"), get("/", "Cookie: id=1=2"), true],
  [cookie("id", '"1"'), get("/", 'Cookie: id="1"'), true],
  [cookie("id", "1"), get("/", 'Cookie: id="1"'), false],
  [cookie("id", "1"), get("/", "Cookie: a=b;\r\n id=1"), true],
  [cookie("id", "%41"), get("/", "Cookie: id=%41"), true],
  [cookie("id", "1"), get("/", "Cookie: "), false],
  [cookie("\u{100}", "1"), get("/", "Cookie: id=1"), false],
  [cookie("id", ""), get("/", "Cookie: id="), true],
  [cookie("id", ""), get("/", "Cookie: id"), false],
  [cookie("id", prefix("a")), get("/", "Cookie: id=abc"), true],
  [cookie("id", regex("[a-c]+")), get("/", "Cookie: id=abc; x=d"), true],
  [cookie("id", present), get("/", "Cookie: x; id=; y"), true],
  [cookie("id", present), get("/", "Cookie: x=id=1"), false],
  [cookie("id", absent), get("/"), true],
  [cookie("id", absent), get("/", "Cookie: ;;id=;"), false],
]);

const contentType = (value: string): Match => ({ kind: "content_type", value });
table("content type", [
  [contentType("text/html"), get("/", "Content-Type: text/html"), true],
  [contentType("Text/HTML"), get("/", "content-type: TEXT/html ; charset=x"), true],
  [contentType("text/html"), get("/", "Content-Type: text/html;charset=x"), true],
  [contentType("text/html"), get("/", "Content-Type: text/html5"), false],
  [contentType("text/html"), get("/", "Content-Type: text/*"), false],
  [contentType("text/html"), get("/"), false],
  [contentType("text/*"), get("/", "Content-Type: Text/plain; q=1"), true],
  [contentType("text/*"), get("/", "Content-Type: text/; q=1"), false],
  [contentType("text/*"), get("/", "Content-Type: text"), false],
  [contentType("text/*"), get("/", "Content-Type: texts/plain"), false],
  [contentType("\u{100}/*"), get("/", "Content-Type: a/b"), false],
]);

const size = (minBytes: number, maxBytes?: number): Match => ({
  kind: "body_size",
  minBytes,
  maxBytes,
});
const post = "POST / HTTP/1.1\r\n";
const five = requestView(`${post}Content-Length: 5\r\n\r\nhello`);
const chunked = requestView(`${post}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`);
const streamed = requestView(`${post}Content-Length: 5000000000\r\n\r\n`, { isStreamed: true });
const endless = requestView(`${post}Transfer-Encoding: chunked\r\n\r\n`, { isStreamed: true });
table("body size", [
  [size(5), five, true],
  [size(6), five, false],
  [size(0, 5), five, true],
  [size(0, 4), five, false],
  [size(0, 0), get("/"), true],
  [size(1), get("/"), false],
  [size(0, 0), requestView(`${post}Content-Length: 0\r\n\r\n`), true],
  [size(11, 11), chunked, true],
  [size(5e9, 5e9), streamed, true],
  [size(0, 5e9 - 1), streamed, false],
  [size(Number.MAX_SAFE_INTEGER), endless, true],
  [size(0, Number.MAX_SAFE_INTEGER), endless, false],
]);

const starts = (value: string): Match => ({ kind: "prefix", value });
const method = (value: string): Match => ({ kind: "method", value });
table("method and first bytes", [
  [method("GET"), get("/"), true],
  [method("get"), get("/"), false],
  [method("POST"), get("/"), false],
  [method("BREW"), requestView("BREW / HTTP/1.1\r\n\r\n"), true],
  [starts("GET /a"), get("/ab"), true],
  [starts("GET /a"), get("/b"), false],
  [starts("get"), get("/"), false],
  [starts(""), get("/"), true],
  [starts("\u{100}"), get("/"), false],
  [starts(`${post}Content-Length: 5\r\n\r\nhello`), five, true],
  [starts(`${post}Content-Length: 5\r\n\r\nhello/`), five, false],
]);

const yes = MATCH_ALL;
const no: Match = { kind: "any", of: [] };
const all = (...of: readonly Match[]): Match => ({ kind: "all", of });
const any = (...of: readonly Match[]): Match => ({ kind: "any", of });
table("all and any", [
  [yes, get("/"), true],
  [no, get("/"), false],
  ...[1, 2, 3, 4].flatMap((n): Case[] => {
    const yeses = Array<Match>(n).fill(yes);
    const noes = Array<Match>(n).fill(no);
    return [
      [all(...yeses), get("/"), true],
      [any(...noes), get("/"), false],
      ...yeses.flatMap((_, i): Case[] => [
        [all(...yeses.with(i, no)), get("/"), false],
        [any(...noes.with(i, yes)), get("/"), true],
      ]),
    ];
  }),
]);

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createComposer } from "../../src/deliver/compose.ts";
import { checkHeaderOptions, TARGET_DEFAULTS } from "../../src/deliver/options.ts";
import { ShadowtapError } from "../../src/model/errors.ts";
import type { TargetOptions } from "../../src/model/target.ts";
import { fc } from "../fuzz/property.ts";
import { plainTarget } from "./harness.ts";
import { requestView } from "./request-view.ts";

interface Case {
  readonly name: string;
  readonly sent: string;
  readonly copy: string;
  readonly prefix?: string;
  readonly options?: Partial<TargetOptions>;
}

function compose(sent: string, prefix = "", options: Partial<TargetOptions> = {}): string {
  const target = plainTarget(8080, { pathPrefix: prefix, authority: "shadow:8080" });
  const composer = createComposer({ ...target, options: { ...TARGET_DEFAULTS, ...options } });
  const view = requestView(Buffer.from(sent, "latin1"), 13);
  const out = Buffer.alloc(composer.maxBytes(view) + 20, "~");
  const end = composer.compose(view, out, 10);
  assert.ok(end <= out.length - 10, "maxBytes holds");
  assert.equal(
    out.toString("latin1", 0, 10) + out.toString("latin1", end),
    "~".repeat(out.length - end + 10),
  );
  return out.toString("latin1", 10, end);
}

const MARK = "X-Shadow-Request: true\r\nbaggage: shadow=true\r\n";

const CASES: Case[] = [
  {
    name: "adds its mark and nothing else",
    sent: "GET /a?b=c HTTP/1.1\r\nHost: a\r\nX:  odd \t\r\nX:\r\nx: y\r\n\r\n",
    copy: `GET /a?b=c HTTP/1.1\r\nHost: a\r\nX:  odd \t\r\nX:\r\nx: y\r\n${MARK}\r\n`,
  },
  {
    name: "keeps bytes that are not ASCII, and folded lines",
    sent: "GET /\xe4\xff HTTP/1.1\r\nHost: a\r\nX: \xfc\r\nFold: a\r\n\tb\r\n c\r\nY: z\r\n\r\n",
    copy: `GET /\xe4\xff HTTP/1.1\r\nHost: a\r\nX: \xfc\r\nFold: a\r\n\tb\r\n c\r\nY: z\r\n${MARK}\r\n`,
  },
  {
    name: "keeps bodies, chunked ones with extensions and trailers",
    sent: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n",
    copy: `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n${MARK}\r\n3;x=y\r\nabc\r\n0\r\nT: u\r\n\r\n`,
  },
  {
    name: "leaves out the fields of the connection",
    sent: "GET / HTTP/1.1\r\nconnection: Keep-Alive\r\nHost: a\r\nKEEP-ALIVE: 5\r\nProxy-Connection: close\r\nexpect: 100-continue\r\nUpgrade: h2c\r\nA: b\r\n\r\n",
    copy: `GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n${MARK}\r\n`,
  },
  {
    name: "leaves out what Connection names",
    sent: "GET / HTTP/1.1\r\nHost: a\r\nX-Hop: 1\r\nConnection: close, X-HOP,, te\r\nTE: trailers\r\nx-hop: 2\r\nX-Hops: 3\r\n\r\n",
    copy: `GET / HTTP/1.1\r\nHost: a\r\nX-Hops: 3\r\n${MARK}\r\n`,
  },
  {
    name: "but not what frames the message",
    sent: "POST / HTTP/1.1\r\nHost: a\r\nConnection: host, content-length\r\nConnection: Transfer-Encoding,trailer,x\r\nX: 1\r\nContent-Length: 2\r\nTrailer: t\r\n\r\nok",
    copy: `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTrailer: t\r\n${MARK}\r\nok`,
  },
  {
    name: "replaces a mark that the client sent",
    sent: "GET / HTTP/1.1\r\nx-shadow-request: no\r\nHost: a\r\n\r\n",
    copy: `GET / HTTP/1.1\r\nHost: a\r\n${MARK}\r\n`,
  },
  {
    name: "makes 1.1 of 1.0, with the target's Host if there is none",
    sent: "GET / HTTP/1.0\r\nA: b\r\n\r\n",
    copy: `GET / HTTP/1.1\r\nA: b\r\nHost: shadow:8080\r\n${MARK}\r\n`,
  },
  {
    name: "keeps a Host of 1.0, and needs no field",
    sent: "GET / HTTP/1.0\r\nHost: old\r\n\r\n",
    copy: `GET / HTTP/1.1\r\nHost: old\r\n${MARK}\r\n`,
  },
  {
    name: "needs no field at all",
    sent: "GET / HTTP/1.0\r\n\r\n",
    copy: `GET / HTTP/1.1\r\nHost: shadow:8080\r\n${MARK}\r\n`,
  },
  {
    name: "policy target: in place of the first Host",
    sent: "GET / HTTP/1.1\r\nA: b\r\nhOST: live\r\nHost: other\r\nC: d\r\n\r\n",
    copy: `GET / HTTP/1.1\r\nA: b\r\nHost: shadow:8080\r\nC: d\r\n${MARK}\r\n`,
    options: { hostPolicy: { kind: "target" } },
  },
  {
    name: "policy name",
    sent: "GET / HTTP/1.1\r\nHost: live\r\n\r\n",
    copy: `GET / HTTP/1.1\r\nHost: fixed.example:81\r\n${MARK}\r\n`,
    options: { hostPolicy: { kind: "name", name: "fixed.example:81" } },
  },
  {
    name: "removes and sets headers, whatever their case",
    sent: "GET / HTTP/1.1\r\nHost: live\r\nCookie: a\r\ncookie: b\r\nX-Env: live\r\nCookies: c\r\n\r\n",
    copy: `GET / HTTP/1.1\r\nHost: live\r\nCookies: c\r\n${MARK}X-ENV: shadow\r\nX-Env: two\r\n\r\n`,
    options: {
      removeHeaders: ["COOKIE"],
      setHeaders: [
        ["X-ENV", "shadow"],
        ["X-Env", "two"],
      ],
    },
  },
  {
    name: "a Host that is set wins over the policy",
    sent: "GET / HTTP/1.1\r\nHost: live\r\n\r\n",
    copy: `GET / HTTP/1.1\r\n${MARK}host: set\r\n\r\n`,
    options: { hostPolicy: { kind: "target" }, setHeaders: [["host", "set"]] },
  },
  {
    name: "names what is removed anyway",
    sent: "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nConnection: x\r\n\r\n",
    copy: `GET / HTTP/1.1\r\nHost: a\r\n${MARK}\r\n`,
    options: { removeHeaders: ["connection"] },
  },
  {
    name: "puts the prefix before a path",
    sent: "GET /a?x=/ HTTP/1.1\r\nHost: a\r\n\r\n",
    copy: `GET /base/v2/a?x=/ HTTP/1.1\r\nHost: a\r\n${MARK}\r\n`,
    prefix: "/base/v2",
  },
  {
    name: "puts the prefix after an authority",
    sent: "GET http://user@host:1/a HTTP/1.1\r\nHost: a\r\n\r\n",
    copy: `GET http://user@host:1/base/a HTTP/1.1\r\nHost: a\r\n${MARK}\r\n`,
    prefix: "/base",
  },
  {
    name: "puts the prefix where there is no path",
    sent: "GET HTTP://host?q HTTP/1.1\r\nHost: a\r\n\r\n",
    copy: `GET HTTP://host/base?q HTTP/1.1\r\nHost: a\r\n${MARK}\r\n`,
    prefix: "/base",
  },
  {
    name: "leaves the asterisk alone",
    sent: "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    copy: `OPTIONS * HTTP/1.1\r\nHost: a\r\n${MARK}\r\n`,
    prefix: "/base",
  },
  {
    name: "leaves CONNECT alone",
    sent: "CONNECT host:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    copy: `CONNECT host:443 HTTP/1.1\r\nHost: a\r\n${MARK}\r\n`,
    prefix: "/base",
  },
  {
    name: "ends the request line as it should",
    sent: "GET / HTTP/1.1\nHost: a\r\n\r\n",
    copy: `GET / HTTP/1.1\r\nHost: a\r\n${MARK}\r\n`,
  },
];

const SPAN = "00f067aa0ba902b7";
const TRACE = `00-4bf92f3577b34da6a3ce929d0e0e4736-${SPAN}-01`;
const ONLY = "X-Shadow-Request: true\r\n";

/** A case whose fields stand behind Host, in and out; \`mark\` is what is added at the end. */
function fieldsCase(name: string, sent: string, copy: string, mark = MARK): Case {
  const head = "GET / HTTP/1.1\r\nHost: a\r\n";
  return { name, sent: `${head}${sent}\r\n\r\n`, copy: `${head}${copy}\r\n${mark}\r\n` };
}

const members = (count: number) => Array.from({ length: count }, (_, i) => `k${i}=v`).join(",");

CASES.push(
  fieldsCase(
    "marks baggage that is there",
    "Baggage:a=1, b=2;p ",
    "Baggage:a=1, b=2;p,shadow=true ",
    ONLY,
  ),
  fieldsCase("marks empty baggage", "baggage:", "baggage:shadow=true", ONLY),
  fieldsCase(
    "makes one of several baggage fields",
    "baggage: a=1\r\nX: y\r\nBAGGAGE: b=\xfc\r\nZ: z",
    "baggage: a=1,b=\xfc,shadow=true\r\nX: y\r\nZ: z",
    ONLY,
  ),
  fieldsCase(
    "replaces what baggage says of shadow",
    "baggage: shadow=false, shadowy=1 , shadow =x;p=1",
    "baggage:  shadowy=1 ,shadow=true",
    ONLY,
  ),
  fieldsCase(
    "keeps baggage to 64 members",
    `baggage: ${members(63)}`,
    `baggage: ${members(63)},shadow=true`,
    ONLY,
  ),
  fieldsCase("leaves 64 members alone", `baggage: ${members(64)}`, `baggage: ${members(64)}`, ONLY),
  fieldsCase(
    "keeps baggage to 8192 bytes",
    `baggage: a=${"x".repeat(8178)}`,
    `baggage: a=${"x".repeat(8178)},shadow=true`,
    ONLY,
  ),
  fieldsCase(
    "leaves 8192 bytes alone",
    `baggage: a=${"x".repeat(8179)}`,
    `baggage: a=${"x".repeat(8179)}`,
    ONLY,
  ),
  fieldsCase(
    "adds baggage for that which is removed",
    "baggage: a=1\r\nConnection: baggage\r\nX: y",
    "X: y",
  ),
  ...[
    ["an upper-case id", TRACE.toUpperCase()],
    ["version ff", TRACE.replace(/^00/, "ff")],
    ["version 00 with more", `${TRACE}-x`],
    ["a trace of zeros", TRACE.replace(/-4b\w+/, `-${"0".repeat(32)}`)],
    ["a span of zeros", TRACE.replace(SPAN, "0".repeat(16))],
    ["one too short", TRACE.slice(1)],
    ["none", ""],
    ["two", `${TRACE}\r\ntraceparent: ${TRACE}`],
  ].map(([name, value]) => {
    const fields = `traceparent: ${value}\r\ntracestate: a=1`;
    return fieldsCase(`leaves a traceparent alone that is not valid: ${name}`, fields, fields);
  }),
  fieldsCase(
    "leaves a tracestate alone that belongs to none",
    "tracestate: a=1",
    "tracestate: a=1",
  ),
  ...["Idempotency-Key", "X-IDEMPOTENCY-KEY", "paypal-request-id", "Repeatability-Request-ID"].map(
    (name) =>
      fieldsCase(`gives ${name} a prefix`, `${name}:  8e03-97 `, `${name}:  shadow-8e03-97 `),
  ),
  fieldsCase(
    "gives a key the prefix within its quotes",
    'Idempotency-Key: "8e03";a=b\r\nidempotency-key: x',
    'Idempotency-Key: "shadow-8e03";a=b\r\nidempotency-key: shadow-x',
  ),
  fieldsCase("leaves an empty key alone", "Idempotency-Key:\r\nX: y", "Idempotency-Key:\r\nX: y"),
  fieldsCase(
    "leaves ids for logs alone",
    "X-Request-Id: 1\r\nX-Correlation-Id: 2",
    "X-Request-Id: 1\r\nX-Correlation-Id: 2",
  ),
  {
    name: "lets what is set win",
    sent: "GET / HTTP/1.1\r\nHost: a\r\nIdempotency-Key: a\r\nBaggage: b=1\r\n\r\n",
    copy: `GET / HTTP/1.1\r\nHost: a\r\n${MARK}idempotency-key: mine\r\nbaggage: c=1\r\n\r\n`,
    options: {
      setHeaders: [
        ["idempotency-key", "mine"],
        ["baggage", "c=1"],
      ],
    },
  },
);

describe("a trace goes on in the copy", () => {
  /** The one field of that name in the copy. */
  function fieldsOf(copy: string, name: string): string[] {
    return [...copy.matchAll(new RegExp(`^${name}: ?(.*)\r$`, "gim"))].map(
      ([, value]) => value ?? "",
    );
  }
  const sent = (fields: string) => `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`;

  test("with a span of its own in every copy, linked to the original's", () => {
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i++) {
      const copy = compose(sent(`TraceParent: ${TRACE}`));
      const [parent = "", ...more] = fieldsOf(copy, "traceparent");
      assert.deepEqual(more, []);
      assert.match(parent, /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
      assert.deepEqual(fieldsOf(copy, "tracestate"), [`shadowtap=${SPAN}`]);
      assert.deepEqual(fieldsOf(copy, "baggage"), ["shadow=true"]);
      seen.add(parent);
    }
    assert.equal(seen.size, 2000);
    assert.equal(seen.has(TRACE), false);
  });

  test("with version, flags and what a later version has behind them", () => {
    const later = TRACE.replace(/^00/, "cc").replace(/01$/, "fe-what-comes");
    const [parent = ""] = fieldsOf(compose(sent(`traceparent: ${later}`)), "traceparent");
    assert.match(parent, /^cc-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-fe-what-comes$/);
  });

  test("with the state of others behind ours, 32 members at most", () => {
    const state = (value: string) =>
      fieldsOf(compose(sent(`traceparent: ${TRACE}\r\n${value}`)), "tracestate");
    assert.deepEqual(state("tracestate: a=1,\tb=2"), [`shadowtap=${SPAN},a=1,\tb=2`]);
    assert.deepEqual(state("tracestate: a=1\r\nTracestate: shadowtap=old,b=2"), [
      `shadowtap=${SPAN},a=1,b=2`,
    ]);
    assert.deepEqual(state(`tracestate: ${members(40)}`), [`shadowtap=${SPAN},${members(31)}`]);
  });
});

describe("the copy", () => {
  for (const { name, sent, copy, prefix, options } of CASES)
    test(name, () => assert.equal(compose(sent, prefix, options), copy));

  test("of any request with keys, trace and baggage fits what was said of its length", () => {
    const name = fc.constantFrom(
      "Idempotency-Key",
      "baggage",
      "traceparent",
      "tracestate",
      "connection",
    );
    const value = fc.constantFrom("", "a", TRACE, "a=1,b=2", '"q"', "baggage, x");
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 100 }), (fields) => {
        const lines = fields.map((field) => `${field.join(":")}\r\n`).join("");
        assert.ok(compose(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`).includes("shadow=true"));
      }),
    );
  });

  test("of any request: what is kept is kept in order, what is not is gone", () => {
    const name = fc.constantFrom(
      "Host",
      "A",
      "Accept",
      "Connection",
      "EXPECT",
      "Cookie",
      "Upgrade",
      "X-Y",
    );
    const value = fc.constantFrom("", "a", "x-y, close", "accept", "keep-alive", "content-length");
    const field = fc.record({ name, value });
    fc.assert(
      fc.property(fc.array(field, { maxLength: 100 }), fc.string(), (fields, body) => {
        const lines = fields.map((one) => `${one.name}: ${one.value}\r\n`);
        const bytes = Buffer.from(body).toString("latin1");
        const sent = `POST /p HTTP/1.1\r\n${lines.join("")}Content-Length: ${bytes.length}\r\n\r\n${bytes}`;
        const named = fields
          .filter((one) => one.name === "Connection")
          .flatMap((one) => one.value.toLowerCase().split(/, ?/));
        const gone = new Set(["connection", "expect", "upgrade", ...named]);
        gone.delete("content-length");
        const kept = lines.filter((line) => !gone.has((line.split(":")[0] ?? "").toLowerCase()));
        const host = fields.some((one) => one.name === "Host") ? "" : "Host: shadow:8080\r\n";
        const copy = `POST /p HTTP/1.1\r\n${kept.join("")}Content-Length: ${bytes.length}\r\n${host}${MARK}\r\n${bytes}`;
        assert.equal(compose(sent), copy);
      }),
    );
  });
});

describe("header options", () => {
  const refused: [string, Partial<TargetOptions>][] = [
    ["setting Content-Length", { setHeaders: [["content-length", "1"]] }],
    ["setting Transfer-Encoding", { setHeaders: [["Transfer-Encoding", "chunked"]] }],
    ["removing Content-Length", { removeHeaders: ["Content-Length"] }],
    ["removing Transfer-Encoding", { removeHeaders: ["TRANSFER-ENCODING"] }],
    ["removing Host", { removeHeaders: ["host"] }],
    ["setting Connection", { setHeaders: [["Connection", "close"]] }],
    ["setting Expect", { setHeaders: [["Expect", "100-continue"]] }],
    ["a name that is none", { setHeaders: [["a b", "c"]] }],
    ["an empty name", { removeHeaders: [""] }],
    ["a value with a line break", { setHeaders: [["A", "b\r\nContent-Length: 0"]] }],
    ["a Host with a line break", { hostPolicy: { kind: "name", name: "a\r\nb" } }],
    ["a Host with a path", { hostPolicy: { kind: "name", name: "a/b" } }],
  ];
  for (const [name, options] of refused)
    test(`${name} is refused`, () => {
      assert.throws(
        () => checkHeaderOptions({ ...TARGET_DEFAULTS, ...options }),
        (error) =>
          error instanceof ShadowtapError && error.code === "ST_USAGE" && error.hints.length > 0,
      );
    });

  test("others are not", () => {
    checkHeaderOptions({
      hostPolicy: { kind: "name", name: "[::1]:80" },
      setHeaders: [["X-A", "b\tc ü"]],
      removeHeaders: ["Cookie"],
    });
  });
});

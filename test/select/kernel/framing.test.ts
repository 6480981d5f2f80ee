import assert from "node:assert/strict";
import { test } from "node:test";
import { HeadCode, RequestHead } from "../../../src/decode/http1/request-head.ts";
import { SCAN_BYTES } from "../../../src/model/kernel-rules.ts";
import { MATCH_ALL } from "../../../src/model/rule.ts";
import { compileKernelRules } from "../../../src/select/kernel/compile.ts";
import { fc } from "../../fuzz/property.ts";
import { ascii, setOfMatches } from "./rules.ts";
import { runScan } from "./run-scan.ts";
import { anyRequest, oddRequest } from "./traffic.ts";

const { scan } = compileKernelRules(setOfMatches(MATCH_ALL));

function scanned(text: string) {
  return runScan(scan, ascii(text), text.length);
}

function get(fields: string, line = "GET / HTTP/1.1"): string {
  return `${line}\r\n${fields}\r\n`;
}

test("a request ends where decode says", () => {
  const head = new RequestHead();
  let decidedBodies = 0;
  fc.assert(
    fc.property(anyRequest, (request) => {
      const bytes = ascii(`${request.head}${request.body}GET / HTTP/1.1\r\n`);
      const { decided, requestBytes } = runScan(scan, bytes, bytes.length);
      if (!decided || head.read(bytes, 0, bytes.length) !== HeadCode.complete) return;
      assert.equal(requestBytes, head.headEnd + head.contentLength);
      assert.notEqual(head.framing, "chunked");
      assert.equal(head.upgrades, false);
      if (request.body !== "") decidedBodies++;
    }),
    { numRuns: 2000 },
  );
  assert.ok(decidedBodies > 200, `only ${decidedBodies} bodies`);
});

test("of a malformed request, too, unless decode refuses it", () => {
  const head = new RequestHead();
  fc.assert(
    fc.property(oddRequest, (text) => {
      const bytes = ascii(text);
      const { decided, requestBytes } = runScan(scan, bytes, bytes.length);
      if (!decided) return;
      const code = head.read(bytes, 0, bytes.length);
      assert.notEqual(code, HeadCode.incomplete);
      if (code === HeadCode.complete) assert.equal(requestBytes, head.headEnd + head.contentLength);
    }),
    { numRuns: 5000 },
  );
});

test("what is plain is decided", () => {
  const cases: readonly string[] = [
    get(""),
    get("", "GET / HTTP/1.0"),
    get("", "OPTIONS * HTTP/1.1"),
    get("", "GET http://a/b?c HTTP/1.1"),
    get("Host: a\r\nA:\r\nB: \t \r\nC: ä:;\t=\r\n"),
    get("Content-Lengt: x\r\nContent-Lengthy: y\r\nX-Expect: z\r\nUpgrades: a\r\n"),
    get("Content-Length: 0\r\n"),
  ];
  for (const text of cases)
    assert.deepEqual(scanned(text), {
      rules: 1n,
      decided: true,
      requestBytes: text.length,
    });
});

test("the length is what Content-Length says", () => {
  const lengths: readonly (readonly [field: string, bytes: number])[] = [
    ["Content-Length: 5", 5],
    ["content-length:5", 5],
    ["CONTENT-LENGTH: \t 15 \t ", 15],
    ["Content-Length: 000000007", 7],
    ["Content-Length: 999999999", 999_999_999],
  ];
  for (const [field, bytes] of lengths) {
    const text = get(`A: 7\r\n${field}\r\nB: 9\r\n`, "POST /8 HTTP/1.1");
    assert.equal(scanned(text).requestBytes, text.length + bytes, field);
  }
});

test("what is not plain is let through", () => {
  const fields: readonly string[] = [
    "Transfer-Encoding: chunked\r\n",
    "TRANSFER-ENCODING:\r\n",
    "Upgrade: h2c\r\n",
    "expect: 100-continue\r\n",
    "Content-Length:\r\n",
    "Content-Length: \r\nContent-Length: 1\r\n",
    "Content-Length: 1\r\nContent-Length: 1\r\n",
    "Content-Length: 1\r\nA: b\r\ncontent-length: 1\r\n",
    "Content-Length: 1, 1\r\n",
    "Content-Length: 1 1\r\n",
    "Content-Length: +1\r\n",
    "Content-Length: 0x1\r\n",
    "Content-Length: 1234567890\r\n",
    "Content-Length : 1\r\n",
    "Content-Length: 1\n",
    "Content-Length: \r\n 1\r\n",
    "A: b\r\n c\r\n",
    "A: b\r\n\tc\r\n",
    " A: b\r\n",
    "A : b\r\n",
    "A\t: b\r\n",
    "A b\r\n",
    "A\r\n",
    ": b\r\n",
    ":a:b\r\n",
    "A: b\n",
    "A: b\rC: d\r\n",
    "A: b\0\r\n",
    "A: b\x7f\r\n",
    "A\n: b\r\n",
  ];
  for (const field of fields)
    assert.equal(scanned(get(field)).decided, false, JSON.stringify(field));
  const lines: readonly string[] = [
    "GET /",
    "GET / HTTP/1.2",
    "GET / HTTP/2.0",
    "GET / HTTP/1.1 ",
    "GET / http/1.1",
    "GET  / HTTP/1.1",
    "GET /\t HTTP/1.1",
    "GET / HTTP/1.1\n",
    "GET /\r\n\r\nHTTP/1.1",
  ];
  for (const line of lines)
    assert.equal(scanned(get("", line)).decided, false, JSON.stringify(line));
  assert.equal(scanned(get("").slice(0, -1)).decided, false);
  assert.equal(scanned("GET / HTTP/1.1\r\n\n").decided, false);
});

test("a head that is too long is let through", () => {
  const longest = get(`A: ${"a".repeat(SCAN_BYTES - get("A: \r\n").length)}\r\n`);
  assert.equal(longest.length, SCAN_BYTES);
  assert.equal(scanned(longest).decided, true);
  assert.equal(scanned(longest.replace("A", "AA")).decided, false);
});

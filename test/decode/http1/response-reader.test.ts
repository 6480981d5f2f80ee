import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createResponseReader } from "../../../src/decode/http1/response-reader.ts";
import { fc } from "../../fuzz/property.ts";
import { latin1 } from "../../playbook/playbook.ts";

/** Reads `content` cut at `cuts`; what it answered, and what the last push and the end said. */
function read(content: string, asked: string, cuts: readonly number[] = []) {
  const statuses: number[] = [];
  const reader = createResponseReader((status) => statuses.push(status));
  for (const method of asked) reader.expect(method === "H");
  const bytes = latin1(content);
  const results: string[] = [];
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const piece = Uint8Array.from(bytes.subarray(at, cut));
    results.push(reader.push(piece, 0, piece.length));
    piece.fill(0xaa);
    at = cut;
  }
  const ended = reader.end();
  return `${statuses.join(" ")} ${results.at(-1)} ${ended}`.trim();
}

const ok = "HTTP/1.1 200 OK\r\n";
const cases: readonly [string, string, string, string][] = [
  ["Content-Length", "G", `${ok}Content-Length: 3\r\n\r\nabc`, "200 ok ok"],
  ["empty body", "G", `${ok}Content-Length: 0\r\n\r\n`, "200 ok ok"],
  ["incomplete body", "G", `${ok}Content-Length: 3\r\n\r\nab`, "ok bad"],
  ["incomplete head", "G", `${ok}Content-Le`, "ok bad"],
  ["nothing at all", "G", "", "ok ok"],
  ["HEAD", "HG", `${ok}Content-Length: 3\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`, "200 200 ok ok"],
  [
    "204 and 304",
    "GG",
    "HTTP/1.1 204 X\r\n\r\nHTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n",
    "204 304 ok ok",
  ],
  ["no reason phrase", "G", "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", "404 ok ok"],
  [
    "interim",
    "G",
    `HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: a\r\n\r\n${ok}Content-Length: 0\r\n\r\n`,
    "200 ok ok",
  ],
  ["101 is the last", "G", "HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\nanything", "101 close ok"],
  [
    "chunked with trailers",
    "GG",
    `${ok}Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n${ok}Content-Length: 0\r\n\r\n`,
    "200 200 ok ok",
  ],
  [
    "chunked, incomplete",
    "G",
    `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n`,
    "ok bad",
  ],
  ["chunked, faulty", "G", `${ok}Transfer-Encoding: chunked\r\n\r\nx\r\n`, "bad bad"],
  ["gzip, chunked", "G", `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, "200 ok ok"],
  [
    "another coding goes on to the end",
    "G",
    `${ok}Transfer-Encoding: gzip\r\n\r\nabc`,
    "200 ok ok",
  ],
  [
    "both framings: chunked counts, and no more after it",
    "GG",
    `${ok}Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${ok}`,
    "200 close ok",
  ],
  ["close-delimited", "G", `${ok}\r\nabc`, "200 ok ok"],
  [
    "Connection: close",
    "GG",
    `${ok}Connection: x, Close\r\nContent-Length: 1\r\n\r\na${ok}`,
    "200 close ok",
  ],
  ["HTTP/1.0", "G", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "200 close ok"],
  [
    "HTTP/1.0 with keep-alive",
    "GG",
    `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na${ok}Content-Length: 0\r\n\r\n`,
    "200 200 ok ok",
  ],
  [
    "one length said twice",
    "G",
    `${ok}Content-Length: 1, 1\r\nContent-Length: 1\r\n\r\na`,
    "200 ok ok",
  ],
  ["two lengths", "G", `${ok}Content-Length: 1, 2\r\n\r\na`, "bad bad"],
  ["no length", "G", `${ok}Content-Length:\r\n\r\na`, "bad bad"],
  ["bare LF", "G", "HTTP/1.1 200 OK\nContent-Length: 1\n\na", "200 ok ok"],
  [
    "space before a colon, and a fold",
    "G",
    `${ok}A: b\r\n c\r\nContent-Length : 1 \r\n\r\na`,
    "200 ok ok",
  ],
  [
    "empty lines between",
    "GG",
    `${ok}Content-Length: 0\r\n\r\n\r\n\r\n${ok}Content-Length: 0\r\n\r\n`,
    "200 200 ok ok",
  ],
  ["not asked for", "", `${ok}Content-Length: 0\r\n\r\n`, "bad bad"],
  ["not HTTP", "G", "SSH-2.0-OpenSSH_9.2\r\n", "bad bad"],
  ["HTTP/2.0", "G", "HTTP/2.0 200 OK\r\n\r\n", "bad bad"],
  ["a line without a colon", "G", `${ok}abc\r\n\r\n`, "bad bad"],
  ["a head too large", "G", `${ok}A: ${"b".repeat(70000)}\r\n\r\n`, "bad bad"],
];

suite("responses", () => {
  for (const [name, asked, content, expected] of cases)
    test(name, () => {
      const whole = read(content, asked);
      assert.equal(whole, expected);
      const everyByte = Array.from({ length: content.length }, (_, i) => i);
      if (content.length < 2000) assert.equal(read(content, asked, everyByte), whole);
    });

  test("cut anywhere, the same", () => {
    const valid = cases.filter(([, , content]) => content.length > 0 && content.length < 2000);
    fc.assert(
      fc.property(fc.constantFrom(...valid), fc.array(fc.nat(400)), ([, asked, content], cuts) => {
        const sorted = cuts.map((cut) => cut % content.length).sort((a, b) => a - b);
        assert.equal(read(content, asked, sorted), read(content, asked));
      }),
    );
  });

  test("many expected answers, asked for while answering", () => {
    let answers = 0;
    const reader = createResponseReader(() => {
      if (++answers < 100) reader.expect(answers % 2 === 1);
    });
    for (let i = 0; i < 20; i++) reader.expect(false);
    const get = latin1(`${ok}Content-Length: 1\r\n\r\na`);
    for (let i = 0; i < 20; i++) assert.equal(reader.push(get, 0, get.length), "ok");
    assert.equal(answers, 20);
  });
});

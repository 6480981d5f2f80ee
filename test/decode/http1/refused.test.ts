import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { MalformedReason } from "../../../src/model/ledger.ts";
import { chunked, get, playbook, post } from "../../playbook/playbook.ts";

suite("messages that are refused", () => {
  const refused: readonly [MalformedReason, string, string][] = [
    ["request_line", "no version", "GET /\r\n\r\n"],
    ["request_line", "two spaces", "GET  / HTTP/1.1\r\n\r\n"],
    ["request_line", "bare LF", "GET / HTTP/1.1\n\r\n"],
    ["request_line", "control character in the target", "GET /\x01 HTTP/1.1\r\n\r\n"],
    ["request_line", "high byte in the target", "GET /\xe9 HTTP/1.1\r\n\r\n"],
    ["request_line", "relative target", "GET a HTTP/1.1\r\n\r\n"],
    ["request_line", "asterisk and more", "GET *a HTTP/1.1\r\n\r\n"],
    ["request_line", "absolute form without a host", "GET http:///a HTTP/1.1\r\n\r\n"],
    ["request_line", "user information", "GET http://u@h/ HTTP/1.1\r\n\r\n"],
    ["request_line", "bare CR before the request line", "\rGET / HTTP/1.1\r\n\r\n"],
    ["version", "HTTP/2.0", "GET / HTTP/2.0\r\n\r\n"],
    ["version", "HTTP/0.9", "GET / HTTP/0.9\r\n\r\n"],
    ["header_field", "white space before the colon", get("/", "A : b")],
    ["header_field", "white space before the first field", "GET / HTTP/1.1\r\n A: b\r\n\r\n"],
    ["header_field", "no colon", get("/", "A")],
    ["header_field", "no name", get("/", ": b")],
    ["header_field", "bare LF", "GET / HTTP/1.1\r\nA: b\nB: c\r\n\r\n"],
    ["header_field", "bare CR", get("/", "A: b\rc")],
    ["header_field", "NUL", get("/", "A: \0")],
    ["content_length", "repeated", post("/", "abc", "Content-Length: 3")],
    ["content_length", "list", get("/", "Content-Length: 5, 5")],
    ["content_length", "sign", get("/", "Content-Length: +5")],
    ["content_length", "empty", get("/", "Content-Length:")],
    ["content_length", "hexadecimal", get("/", "Content-Length: 0x5")],
    ["content_length", "too large", get("/", "Content-Length: 9007199254740992")],
    ["content_length", "folded", get("/", "Content-Length: 1\r\n 2")],
    ["transfer_encoding", "with Content-Length", chunked("/", "0\r\n\r\n", "Content-Length: 5")],
    ["transfer_encoding", "tab after chunked", get("/", "Transfer-Encoding: chunked\t")],
    ["transfer_encoding", "not chunked", get("/", "Transfer-Encoding: gzip")],
    ["transfer_encoding", "more than chunked", get("/", "Transfer-Encoding: gzip, chunked")],
    ["transfer_encoding", "twice", chunked("/", "0\r\n\r\n", "Transfer-Encoding: chunked")],
    [
      "transfer_encoding",
      "on HTTP/1.0",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["chunk", "empty size", chunked("/", "\r\n")],
    ["chunk", "sign", chunked("/", "+5\r\nhello\r\n0\r\n\r\n")],
    ["chunk", "0x", chunked("/", "0x5\r\nhello\r\n0\r\n\r\n")],
    ["chunk", "overflow", chunked("/", "20000000000001\r\n")],
    ["chunk", "bare LF", chunked("/", "5\nhello\r\n0\r\n\r\n")],
    ["chunk", "longer than it says", chunked("/", "4\r\nhello\r\n0\r\n\r\n")],
    ["chunk", "space after the size", chunked("/", "5 \r\nhello\r\n0\r\n\r\n")],
    ["chunk", "long extension", chunked("/", `5;${"a".repeat(5000)}\r\nhello\r\n0\r\n\r\n`)],
    ["chunk", "framing in a trailer", chunked("/", "0\r\nContent-Length: 5\r\n\r\n")],
    ["header_too_large", "head", get("/", `A: ${"b".repeat(70000)}`)],
  ];
  for (const [reason, name, bytes] of refused) {
    test(`${reason}: ${name}`, () => {
      const atOnce = playbook().syn().client(bytes).expect();
      assert.deepEqual(atOnce.ledger.malformed[reason], 1);
      const bytewise = playbook().syn().client(get("/ok"));
      for (const byte of bytes) bytewise.client(byte);
      bytewise.expect("request GET /ok");
      assert.deepEqual(bytewise.ledger.malformed[reason], 1);
    });
  }

  test("nothing follows a last request", () => {
    playbook()
      .syn()
      .client(get("/a", "Connection: close") + get("/b"))
      .expect("request GET /a")
      .counts({ decoded: 1, "malformed.request_line": 1 });
  });

  test("the client closes in the middle", () => {
    playbook()
      .syn()
      .client(post("/a", "abc").slice(0, -1))
      .client("", { fin: true })
      .server("", { fin: true })
      .expect("closed")
      .counts({ "malformed.incomplete": 1 });
  });
});

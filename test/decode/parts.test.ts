import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Connection } from "../../src/decode/connection.ts";
import { detect } from "../../src/decode/detect.ts";
import { createHoldArena } from "../../src/decode/hold-arena.ts";
import { CharClass, runEnd } from "../../src/decode/http1/char-class.ts";
import { RequestHead } from "../../src/decode/http1/request-head.ts";
import { RequestTraces } from "../../src/decode/http1/request-traces.ts";
import { isInterim, responseStatus } from "../../src/decode/http1/response-start.ts";
import type { SessionShared } from "../../src/decode/http1/session.ts";
import { createCaptureLedger } from "../../src/model/ledger.ts";
import { Segment } from "../../src/model/segment.ts";
import { fieldsOf, latin1 } from "../playbook/playbook.ts";

test("endpoints are formatted from the tuple", () => {
  const shared: SessionShared = {
    sink: {
      request: () => undefined,
      stream: () => ({ token: undefined, receiver: undefined }),
      response: () => {},
      closed: () => {},
    },
    ledger: createCaptureLedger(),
    notice: () => {},
    head: new RequestHead(),
    arena: createHoldArena(0),
    maxHeadBytes: 0,
    holdBytes: 0,
    needsOwner: () => false,
  };
  const segment = new Segment();
  const bytes = new Uint8Array(segment.words.buffer);
  bytes.set([0xff, 0xff, 192, 0, 2, 1], 18);
  bytes.set([0x20, 0x01, 0x0d, 0xb8], 24);
  bytes[39] = 1;
  new Uint16Array(segment.words.buffer).set([40000, 8080], 20);
  const connection = new Connection(1, segment, 0, true, shared);
  assert.equal(connection.client(), "192.0.2.1:40000");
  assert.equal(connection.server(), "[2001:db8::1]:8080");
});

test("first bytes", () => {
  const kind = (content: string) => detect(latin1(content), 0, content.length);
  assert.equal(kind("\x16"), "tls");
  assert.equal(kind("\x16\x03\x01\x00\x05\x01"), "tls");
  assert.equal(kind("\x16\x03\x01\x00\x05\x02"), "other");
  assert.equal(kind("\x16\x02"), "other");
  assert.equal(kind("PRI * HTTP/2.0\r\n"), "http2_preface");
  assert.equal(kind("PRI"), "http1");
  assert.equal(kind("\0"), "other");
});

test("the arena lends powers of two within its limit, and reuses what it gets back", () => {
  const arena = createHoldArena(8192);
  const first = arena.acquire(1);
  assert.equal(first?.length, 2048);
  assert.equal(arena.acquire(4097), undefined);
  assert.equal(arena.acquire(4096)?.length, 4096);
  assert.equal(arena.lentBytes, 6144);
  arena.release(first as Uint8Array);
  assert.equal(arena.acquire(2000), first);
});

suite("the start of an answer", () => {
  const status = (content: string) => responseStatus(latin1(content), 0, content.length);
  test("status", () => {
    assert.equal(status("HTTP/1.1 200"), 200);
    assert.equal(status("HTTP/1.0 404 Not Found\r\n"), 404);
    for (const other of [
      "HTTP/1.1 20",
      "HTTP/1.1  200",
      "HTTP/2.1 200",
      "HTTP/1.1 600",
      "http/1.1 200",
    ])
      assert.equal(status(other), 0);
  });
  test("interim ones are passed over as far as they are captured", () => {
    const interim = "HTTP/1.1 100 Continue\r\n\r\n";
    assert.equal(status(interim), 100);
    assert.equal(status(`${interim}HTTP/1.1 20`), 100);
    assert.equal(status(`${interim}${interim}HTTP/1.1 201 Created`), 201);
    assert.deepEqual([100, 101, 103, 200].map(isInterim), [true, false, true, false]);
  });
});

test("traces of request lines are counted however they are cut", () => {
  const content = "a HTTP/1.1\r\nHHTTP/1.0 HTTP/1. HTTP/1.x HTTP/1.1xHTTP/1.1\n";
  for (let cut = 0; cut <= content.length; cut++) {
    const traces = new RequestTraces();
    const bytes = latin1(content);
    traces.scan(bytes, 0, cut);
    traces.scan(bytes, cut, bytes.length);
    assert.equal(traces.count, 3, `cut at ${cut}`);
  }
});

test("fields are offsets without surrounding white space, however many", () => {
  const lines = Array.from({ length: 300 }, (_, i) => `F${i}: \t v ${i}\t \r\n`);
  const bytes = latin1(`GET / HTTP/1.1\r\n${lines.join("")}Empty:\r\nFold:\r\n a\r\n\tb \r\n\r\n`);
  const head = new RequestHead();
  assert.equal(head.read(bytes, 0, bytes.length), 0);
  const fields = fieldsOf(head);
  assert.equal(fields.length, 302);
  assert.deepEqual(fields[299], ["F299", "v 299"]);
  assert.deepEqual(fields[300], ["Empty", ""]);
  assert.deepEqual(fields[301], ["Fold", "a\r\n\tb"]);
});

test("runs stop at the first byte of another kind", () => {
  assert.equal(runEnd(latin1("GET /"), 0, 5, CharClass.token), 3);
  assert.equal(runEnd(latin1("GET"), 0, 3, CharClass.token), 3);
});

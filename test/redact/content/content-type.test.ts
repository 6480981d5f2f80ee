import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  documentKind,
  isReadableCharset,
  parseContentType,
} from "../../../src/redact/content/content-type.ts";
import { fc } from "../../fuzz/property.ts";

suite("Content-Type", () => {
  test("type, charset and boundary", () => {
    assert.deepEqual(parseContentType("Application/JSON ; Charset=UTF-8"), {
      type: "application/json",
      charset: "utf-8",
      boundary: undefined,
    });
    assert.deepEqual(parseContentType('multipart/form-data; boundary="a \\"b;"; x=y;'), {
      type: "multipart/form-data",
      charset: undefined,
      boundary: 'a "b;',
    });
    assert.equal(parseContentType("text/plain;; charset=a")?.charset, "a");
  });

  test("what leaves open what is meant is none", () => {
    for (const value of [
      "",
      "json",
      "a/",
      "a/b c",
      "a/b, c/d",
      "a/b; charset=utf-8; charset=utf-16",
      "multipart/form-data; boundary=a; Boundary=b",
      'a/b; charset="utf-8',
      "a/b; charset",
      "a/b; =x",
      `a/b;${" ".repeat(2000)}x=y`,
    ])
      assert.equal(parseContentType(value), undefined, value);
  });

  test("charsets in which ASCII is ASCII can be read", () => {
    for (const charset of [undefined, "utf-8", "utf8", "us-ascii", "iso-8859-1", "latin1"])
      assert.ok(isReadableCharset(charset), charset);
    for (const charset of ["utf-16", "utf-16le", "utf-32", "utf-7", "shift_jis", "ebcdic", ""])
      assert.ok(!isReadableCharset(charset), charset);
  });

  test("how a type is looked into", () => {
    const kinds = {
      "application/json": "json",
      "application/vnd.api+json": "json",
      "application/x-ndjson": "ndjson",
      "application/jsonl": "ndjson",
      "application/x-www-form-urlencoded": "form",
      "multipart/form-data": "multipart",
      "multipart/mixed": "multipart",
      "text/plain": "text",
      "text/csv": "text",
      "application/xml": "text",
      "application/soap+xml": "text",
      "image/svg+xml": "text",
      "image/png": "other",
      "application/octet-stream": "other",
      "application/grpc": "other",
    };
    for (const [type, kind] of Object.entries(kinds)) assert.equal(documentKind(type), kind, type);
  });

  test("any text is read or not, in linear time", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        parseContentType(`a/b;${text}`);
      }),
    );
    const began = performance.now();
    for (const piece of [";", " ", ' ;a="', "\\", ";a=b", '"'])
      parseContentType(`a/b${piece.repeat(1e6)}`);
    assert.ok(performance.now() - began < 500);
  });
});

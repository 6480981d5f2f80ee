import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import { decodeContent, encodeContent, parseCodings } from "../../../src/redact/content/coding.ts";
import { fc } from "../../fuzz/property.ts";

const MAX_BYTES = 1 << 20;

const COMPRESS: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
  gzip: gzipSync,
  "x-gzip": gzipSync,
  deflate: deflateSync,
  "deflate without head": deflateRawSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
};

function codingOf(key: string): string {
  return key.split(" ")[0] ?? key;
}

const content = fc.uint8Array({ minLength: 1, maxLength: 3000 });

suite("content codings", () => {
  for (const [key, compress] of Object.entries(COMPRESS)) {
    const codings = [codingOf(key)];

    test(`${key}: what others compressed is read`, () => {
      fc.assert(
        fc.property(content, (bytes) => {
          assert.deepEqual(new Uint8Array(decoded(compress(bytes), codings)), bytes);
        }),
        { numRuns: 30 },
      );
    });

    test(`${key}: a bomb stops at the limit`, () => {
      const bomb = compress(Buffer.alloc(200 << 20));
      const began = process.memoryUsage().arrayBuffers;
      assert.ok(bomb.length < MAX_BYTES);
      assert.equal(decodeContent(bomb, codings, MAX_BYTES), "too_large");
      assert.ok(process.memoryUsage().arrayBuffers - began < 16 << 20);
    });

    test(`${key}: exactly the limit is read, one more is not`, () => {
      const bytes = compress(Buffer.alloc(1000, "ab"));
      assert.equal(decoded(bytes, codings, 1000).length, 1000);
      assert.equal(decodeContent(bytes, codings, 999), "too_large");
    });

    test(`${key}: cut anywhere, or with something behind it, is refused`, () => {
      const bytes = compress(Buffer.from("some text, some text, some text"));
      for (let end = 1; end < bytes.length; end++)
        assert.equal(decodeContent(bytes.subarray(0, end), codings, MAX_BYTES), "unparsable");
      for (const rest of ["x", "4111111111111111", "\0", "\0\0\0secret"]) {
        const longer = Buffer.concat([bytes, Buffer.from(rest)]);
        assert.equal(decodeContent(longer, codings, MAX_BYTES), "unparsable", JSON.stringify(rest));
      }
    });

    test(`${key}: damaged bytes never throw`, () => {
      const bytes = compress(Buffer.from("some text, some text, some text"));
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
          const damaged = Buffer.from(bytes);
          damaged[at] = byte;
          decodeContent(damaged, codings, MAX_BYTES);
        }),
      );
    });
  }

  test("several in sequence, there and back", () => {
    const codings = fc.array(fc.constantFrom("gzip", "x-gzip", "deflate", "br", "zstd"), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(content, codings, (bytes, names) => {
        const encoded = encodeContent(bytes, names);
        assert.ok(typeof encoded !== "string");
        assert.deepEqual(new Uint8Array(decoded(encoded, names)), bytes);
      }),
    );
    const twice = encodeContent(Buffer.from("x"), ["br", "gzip"]);
    assert.ok(typeof twice !== "string");
    assert.equal(decodeContent(gunzipSync(twice), ["br"], 10)[0], 0x78);
  });

  test("several members of gzip are one content", () => {
    const bytes = Buffer.concat([gzipSync("one "), gzipSync("two")]);
    assert.equal(Buffer.from(decoded(bytes, ["gzip"])).toString(), "one two");
  });

  test("no coding: the very same bytes", () => {
    const bytes = Buffer.from("x");
    assert.equal(decodeContent(bytes, [], 10), bytes);
    assert.equal(encodeContent(bytes, []), bytes);
    assert.equal(decodeContent(bytes, [], 0), "too_large");
  });

  test("an empty body has no coding", () => {
    assert.deepEqual(decodeContent(new Uint8Array(0), ["gzip"], 10), new Uint8Array(0));
  });

  test("unknown codings, and too many, are refused", () => {
    const bytes = Buffer.from("x");
    assert.equal(decodeContent(bytes, ["compress"], 10), "unknown_encoding");
    assert.equal(decodeContent(bytes, ["toString"], 10), "unknown_encoding");
    assert.equal(encodeContent(bytes, ["compress"]), "unknown_encoding");
    assert.equal(decodeContent(bytes, Array(4).fill("gzip"), 10), "unknown_encoding");
  });

  test("a zstd frame that asks for more memory than RFC 9659 allows is refused", () => {
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x70, 0x09, 0, 0, 0x78]);
    assert.equal(decodeContent(frame, ["zstd"], MAX_BYTES), "unparsable");
    frame[5] = 0x68;
    assert.equal(Buffer.from(decoded(frame, ["zstd"])).toString(), "x");
  });

  test("Content-Encoding is read", () => {
    assert.deepEqual(parseCodings("GZIP, identity,, br "), ["gzip", "br"]);
    assert.deepEqual(parseCodings(""), []);
  });
});

function decoded(bytes: Uint8Array, codings: readonly string[], maxBytes = MAX_BYTES): Uint8Array {
  const result = decodeContent(bytes, codings, maxBytes);
  assert.ok(typeof result !== "string", String(result));
  return result;
}

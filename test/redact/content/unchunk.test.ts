import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { unchunk } from "../../../src/redact/content/unchunk.ts";
import { fc } from "../../fuzz/property.ts";

function read(text: string): string {
  const bytes = Buffer.from(`before${text}after`, "latin1");
  const result = unchunk(bytes, 6, 6 + text.length);
  return typeof result === "string" ? result : `= ${Buffer.from(result).toString("latin1")}`;
}

const EXTENSIONS = ["", ";a", ";a=b;c", ';a="x\\"\\\\;\r"'.replace("\r", " ")] as const;
const TRAILERS = ["", "X-Sum: 1\r\n", "A: b\r\nC: d\r\n"] as const;

/** A chunked body and what it holds. */
const chunked = fc
  .tuple(
    fc.array(
      fc.tuple(
        fc.string({ minLength: 1, unit: fc.constantFrom(..."ab\r\n0;\xff") }),
        fc.constantFrom(...EXTENSIONS),
        fc.constantFrom("", "0", "000"),
      ),
    ),
    fc.constantFrom(...EXTENSIONS),
    fc.constantFrom(...TRAILERS),
  )
  .map(([chunks, extension, trailers]) => {
    const framed = chunks.map(
      ([data, ext, zeros]) => `${zeros}${data.length.toString(16)}${ext}\r\n${data}\r\n`,
    );
    return {
      text: `${framed.join("")}0${extension}\r\n${trailers}\r\n`,
      data: chunks.map(([data]) => data).join(""),
    };
  });

suite("taking the framing off a chunked body", () => {
  test("chunks, extensions and trailers of any kind", () => {
    fc.assert(fc.property(chunked, ({ text, data }) => assert.equal(read(text), `= ${data}`)));
  });

  test("cut anywhere it says so", () => {
    fc.assert(
      fc.property(chunked, fc.nat(), ({ text }, where) => {
        assert.equal(read(text.slice(0, where % text.length)), "request_cut");
      }),
    );
  });

  test("what is not well-formed is refused", () => {
    for (const text of [
      "x\r\n",
      "-1\r\n",
      "0x1\r\na\r\n0\r\n\r\n",
      "1 \r\na\r\n0\r\n\r\n",
      "1\na\r\n0\r\n\r\n",
      "1\r\nab\r\n0\r\n\r\n",
      "1\r\na\n\n0\r\n\r\n",
      "ffffffffffffff\r\n",
      "0\r\n\r\nGET",
      "0\r\nA: b\n\r\n",
      '1;a="\r\na\r\n0\r\n\r\n',
    ])
      assert.equal(read(text), "unparsable", JSON.stringify(text));
  });

  test("bytes of any kind never throw", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        unchunk(bytes, 0, bytes.length);
      }),
    );
  });

  test("ten million bytes in chunks of one take linear time", () => {
    const bytes = Buffer.from(`${"1\r\na\r\n".repeat(1_600_000)}0\r\n\r\n`);
    const began = performance.now();
    assert.equal(unchunk(bytes, 0, bytes.length).length, 1_600_000);
    assert.ok(performance.now() - began < 2000);
  });
});

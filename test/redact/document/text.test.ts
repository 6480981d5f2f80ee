import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { rewriteText } from "../../../src/redact/document/text.ts";

suite("rewriting of text", () => {
  test("it is one value", () => {
    assert.deepEqual(
      rewriteText("<a>b</a>", (value) => value.replace("b", "c")),
      { kind: "text", text: "<a>c</a>" },
    );
  });

  test("an XML declaration of a readable encoding is fine", () => {
    for (const encoding of ["utf-8", "UTF-8", "ISO-8859-1", "us-ascii"]) {
      const text = `<?xml version="1.0" encoding="${encoding}"?><a/>`;
      assert.deepEqual(
        rewriteText(text, (value) => value),
        { kind: "text", text },
      );
    }
  });

  test("what cannot be read byte by byte is refused", () => {
    const unreadable = [
      "\xff\xfea\0",
      "\xfe\xff\0a",
      "a\0b\0",
      "<?xml version='1.0' encoding='UTF-16'?><a/>",
      '\xef\xbb\xbf<?xml version="1.0" encoding = "EBCDIC-CP-US" ?><a/>',
    ];
    for (const text of unreadable)
      assert.deepEqual(
        rewriteText(text, () => assert.fail("shown")),
        { kind: "refused", reason: "unknown_encoding" },
        text,
      );
  });
});

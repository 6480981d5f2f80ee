import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { rewriteForm } from "../../../src/redact/document/form.ts";
import { encodePercent } from "../../../src/redact/document/percent.ts";
import type { FormPlace, Visit } from "../../../src/redact/document/rewrite.ts";
import { fc } from "../../fuzz/property.ts";
import { keepAll, textOf } from "./json-samples.ts";

function rewritten(text: string, visit: Visit<FormPlace>): string {
  const result = rewriteForm(text, visit);
  assert.equal(result.kind, "text");
  return result.kind === "text" ? result.text : "";
}

const formText = fc
  .array(fc.constantFrom(...("ab=&&==+%%41%zz%26%3D%C3%A9\xff;?#".match(/%\w\w|./gs) ?? [])))
  .map((pieces) => pieces.join(""));

/** URLSearchParams takes a leading question mark off. */
function oracle(text: string): [string, string][] {
  return [...new URLSearchParams(`?${textOf(text)}`)];
}

suite("rewriting of forms", () => {
  test("nothing changes when the visitor changes nothing", () => {
    fc.assert(fc.property(formText, (text) => assert.equal(rewritten(text, keepAll), text)));
  });

  test("shows the pairs that URLSearchParams reads", () => {
    fc.assert(
      fc.property(formText, (text) => {
        // What has a plus sign is shown a second time, with it: whatever was left alone.
        const pairs: [string, string][] = [];
        const asForm = text.replaceAll("+", "%20");
        rewritten(asForm, (place, value) => {
          if (!place.isName) pairs.push([textOf(place.name), textOf(value)]);
          else assert.equal(place.name, value);
          return value;
        });
        assert.deepEqual(pairs, oracle(text));
        const shown: string[] = [];
        rewritten(text, (place, value) => {
          if (!place.isName) shown.push(textOf(value));
          return value;
        });
        for (const [, value] of pairs) assert.ok(shown.includes(value));
      }),
      { numRuns: 1000 },
    );
  });

  test("replaces and removes what the visitor chose, and no more", () => {
    const choice = (value: string) => [undefined, `<${value}& =+%é>`, value][value.length % 3];
    fc.assert(
      fc.property(
        formText.filter((text) => /^[\0-~]*$/.test(text) && !/%[a-fA-F]/.test(text)),
        (text) => {
          const out = rewritten(text, (place, value) =>
            place.isName && value.length > 3 ? undefined : place.isName ? value : choice(value),
          );
          const expected = oracle(text).flatMap(([name, value]) => {
            const standIn = name.length > 3 ? undefined : choice(value);
            return standIn === undefined ? [] : [[name, standIn]];
          });
          const read = [...new URLSearchParams(`?${decodeBytes(out)}`)];
          assert.deepEqual(read, expected);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("the other pairs keep their bytes", () => {
    const out = rewritten("a=%41+x&&card=4111&b%3d=%7e;&c&", (place, value) =>
      place.name === "card" && !place.isName ? "a b@c" : value,
    );
    assert.equal(out, "a=%41+x&&card=a%20b%40c&b%3d=%7e;&c&");
  });

  test("a replaced name leaves the value alone, and the other way round", () => {
    assert.equal(
      rewritten("a=%41+", (p, v) => (p.isName ? "b" : v)),
      "b=%41+",
    );
    assert.equal(
      rewritten("%61=1", (p, v) => (p.isName ? v : "2")),
      "%61=2",
    );
    assert.equal(
      rewritten("flag", (p, v) => (p.isName ? v : "2")),
      "flag=2",
    );
    assert.equal(
      rewritten("flag", () => undefined),
      "",
    );
  });

  test("long forms take linear time", () => {
    for (const text of ["&".repeat(1e6), "%".repeat(1e6), "a=%41&".repeat(2e5), "+".repeat(1e6)]) {
      const began = performance.now();
      rewritten(text, (_, value) => `${value}x`);
      assert.ok(performance.now() - began < 3000);
    }
  });
});

/** What was replaced is one character per byte: bytes above ASCII are single escapes, read as latin1 here. */
function decodeBytes(text: string): string {
  return text.replace(/%([89A-F][0-9A-F])/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

test("a plus sign is shown as a blank, and where nothing is found then, as itself", () => {
  const phone: Visit<FormPlace> = (_place, value) => value.replace(/\+44 ?\d+/, "X");
  assert.deepEqual(rewriteForm('{"a":"+44207946"}', phone), {
    kind: "text",
    text: encodePercent('{"a":"X"}'),
  });
  assert.deepEqual(rewriteForm("a=1+2&b=x", phone), { kind: "text", text: "a=1+2&b=x" });
});

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { MAX_JSON_DEPTH, rewriteJson, rewriteNdjson } from "../../../src/redact/document/json.ts";
import type { JsonPlace, Visit } from "../../../src/redact/document/rewrite.ts";
import { fc } from "../../fuzz/property.ts";
import {
  bytesOf,
  isJson,
  jsonText,
  keepAll,
  mutatedJson,
  recorder,
  textOf,
} from "./json-samples.ts";

const LIMITS = { maxDepth: MAX_JSON_DEPTH };

function rewritten(text: string, visit: Visit<JsonPlace>, limits = LIMITS): string {
  const result = rewriteJson(text, visit, limits);
  assert.equal(result.kind, "text", text);
  return result.kind === "text" ? result.text : "";
}

/** Replaces or removes by what is shown alone, so that it can be repeated on the parsed document. */
function decide(path: readonly (string | number)[], value: string, isName: boolean) {
  const sum = [...value].reduce((total, char) => total + char.charCodeAt(0), path.length);
  if (isName) return sum % 7 === 0 ? undefined : sum % 5 === 0 ? `${value}"\n` : value;
  return sum % 3 === 0 ? undefined : sum % 3 === 1 ? `<\\${value}\x1f>` : value;
}

function spelled(value: unknown): string {
  return typeof value === "string" ? bytesOf(value) : JSON.stringify(value);
}

/** What `decide` makes of a parsed document: the oracle. Undefined: removed. */
function expected(value: unknown, path: readonly (string | number)[]): unknown {
  if (Array.isArray(value))
    return value
      .map((item, i) => expected(item, [...path, i]))
      .filter((item) => item !== undefined);
  if (typeof value !== "object" || value === null) {
    const standIn = decide(path, spelled(value), false);
    if (standIn === undefined) return undefined;
    return standIn === spelled(value) ? value : textOf(standIn);
  }
  const members: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    const memberPath = [...path, bytesOf(name)];
    const newName = decide(memberPath, bytesOf(name), true);
    const newMember = newName === undefined ? undefined : expected(member, memberPath);
    if (newName !== undefined && newMember !== undefined)
      members.push([textOf(newName), newMember]);
  }
  return Object.fromEntries(members);
}

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/gs;

suite("rewriting of JSON", () => {
  test("nothing changes when the visitor changes nothing", () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        assert.equal(rewritten(bytesOf(text), keepAll), bytesOf(text));
      }),
      { numRuns: 500 },
    );
  });

  test("what JSON.parse refuses is refused, and only that", () => {
    let accepted = 0;
    fc.assert(
      fc.property(mutatedJson, (text) => {
        const withoutMark = text.startsWith("\xef\xbb\xbf") ? text.slice(3) : text;
        const result = rewriteJson(text, keepAll, LIMITS);
        if (isJson(withoutMark)) {
          accepted++;
          assert.deepEqual(result, { kind: "text", text });
        } else assert.deepEqual(result, { kind: "refused", reason: "unparsable" });
      }),
      { numRuns: 5000 },
    );
    assert.ok(accepted > 100);
  });

  test("replaced and removed values are those that the visitor chose", () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        const out = rewritten(bytesOf(text), (place, value) =>
          decide(place.path, value, place.isName),
        );
        assert.deepEqual(JSON.parse(textOf(out)), expected(JSON.parse(text), []) ?? null);
      }),
      { numRuns: 1000 },
    );
  });

  test("the output differs from the input only where something was replaced", () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        const input = bytesOf(text);
        const targets: boolean[] = [];
        const out = rewritten(input, (_, value) => {
          const isTarget = value.length % 2 === 1;
          targets.push(isTarget);
          return isTarget ? `${value}${value}x` : value;
        });
        assert.deepEqual(out.split(TOKENS), input.split(TOKENS));
        const before = input.match(TOKENS) ?? [];
        const after = out.match(TOKENS) ?? [];
        assert.equal(before.length, targets.length);
        for (const [i, isTarget] of targets.entries())
          assert.equal(after[i] === before[i], !isTarget);
      }),
      { numRuns: 500 },
    );
  });

  test("shows names, strings, numbers and literals with their places", () => {
    const { shown, visit } = recorder();
    rewritten('{"a": [1, "x\\u00e9\\/", true], "b": {"a": -0.5E+3, "n": null}, "a": ""}', visit);
    assert.deepEqual(
      shown.map(({ path, kind, value }) => `${path} ${kind} ${value}`),
      [
        "$.a name a",
        "$.a.0 number 1",
        "$.a.1 string x\xc3\xa9/",
        "$.a.2 literal true",
        "$.b name b",
        "$.b.a name a",
        "$.b.a number -0.5E+3",
        "$.b.n name n",
        "$.b.n literal null",
        "$.a name a",
        "$.a string ",
      ],
    );
  });

  test("an escaped character reads as the one that is spelled out", () => {
    for (const char of ["é", "€", "😀", "\u07ff", "\uffff", "\u{10ffff}"]) {
      const escaped = [...Array(char.length).keys()]
        .map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`)
        .join("");
      const values: string[] = [];
      rewritten(bytesOf(`["${char}", "${escaped}"]`), (_, value) => {
        values.push(value);
        return value;
      });
      assert.deepEqual(values, [bytesOf(char), bytesOf(char)]);
    }
  });

  test("lone surrogates survive in what is replaced, as escapes", () => {
    for (const lone of ["\\ud800", "\\udfff", "\\ud800\\ud800", "\\udc00\\ud800"]) {
      const out = rewritten(`["${lone}"]`, (_, value) => `${value}!`);
      assert.deepEqual(JSON.parse(out), JSON.parse(`["${lone}!"]`));
    }
  });

  test("bytes that are not UTF-8 pass untouched", () => {
    assert.equal(
      rewritten('["\xff\xfe", "a"]', (_, v) => (v === "a" ? "b" : v)),
      '["\xff\xfe", "b"]',
    );
  });

  test("a byte order mark stays; one of UTF-16 is refused", () => {
    assert.equal(
      rewritten('\xef\xbb\xbf"a"', () => "b"),
      '\xef\xbb\xbf"b"',
    );
    assert.equal(rewriteJson('\xff\xfe"\0a\0"\0', keepAll, LIMITS).kind, "refused");
  });

  test("numbers stay numbers where the stand-in is one", () => {
    assert.equal(
      rewritten("[4111]", () => "4242"),
      "[4242]",
    );
    assert.equal(
      rewritten("[4111]", () => "****"),
      '["****"]',
    );
    assert.equal(
      rewritten("[4111]", () => "0042"),
      '["0042"]',
    );
    assert.equal(
      rewritten("[4111]", () => "true"),
      '["true"]',
    );
    assert.equal(
      rewritten("[true]", () => "false"),
      "[false]",
    );
    assert.equal(
      rewritten("[null]", () => "no"),
      '["no"]',
    );
    assert.equal(
      rewritten('["1"]', () => "2"),
      '["2"]',
    );
    assert.equal(
      rewritten("[123456789012345678901234567890.0]", keepAll),
      "[123456789012345678901234567890.0]",
    );
  });

  test("removed members go with their comma, whatever is beside them", () => {
    const without = (text: string, ...names: string[]) =>
      rewritten(text, (place, value) =>
        place.isName && names.includes(value) ? undefined : value,
      );
    const text = '{ "a": 1, "b": {"c": "x"}, "d": 3 }';
    assert.equal(without(text, "a"), '{ "b": {"c": "x"}, "d": 3 }');
    assert.equal(without(text, "b"), '{ "a": 1, "d": 3 }');
    assert.equal(without(text, "d"), '{ "a": 1, "b": {"c": "x"} }');
    assert.equal(without(text, "a", "d"), '{ "b": {"c": "x"} }');
    assert.equal(without(text, "b", "d"), '{ "a": 1 }');
    assert.equal(without(text, "c"), '{ "a": 1, "b": {}, "d": 3 }');
    assert.equal(without(text, "a", "b", "d"), "{  }");
  });

  test("nothing below a removed member is shown, and it must be JSON all the same", () => {
    const { shown, visit } = recorder((place, value) => (place.isName ? undefined : value));
    assert.equal(rewritten('{"a":{"b":[1,{"c":"\\n"}]}}', visit), "{}");
    assert.equal(shown.length, 1);
    assert.equal(rewriteJson('{"a":{"b":[1,]}}', visit, LIMITS).kind, "refused");
    assert.equal(rewriteJson('{"a":"\\q"}', visit, LIMITS).kind, "refused");
  });

  test("objects and arrays are removed as a whole where asked for", () => {
    const removes = (path: readonly (string | number)[]) =>
      path.at(-1) === 1 || path.at(-1) === "b";
    const { shown, visit } = recorder();
    const out = rewriteJson('[{"a":1}, {"x":[2]}, 5, {"b":{"c":2},"d":[]}]', visit, {
      ...LIMITS,
      removes,
    });
    assert.deepEqual(out, { kind: "text", text: '[{"a":1}, 5, {"d":[]}]' });
    assert.ok(!shown.some(({ value }) => value === "x" || value === "c"));
  });

  test("a document that is removed as a whole becomes null", () => {
    assert.equal(
      rewritten(' "secret"\n', () => undefined),
      " null\n",
    );
    const out = rewriteJson("[1]", keepAll, { ...LIMITS, removes: () => true });
    assert.deepEqual(out, { kind: "text", text: "null" });
  });

  test("too deep is refused as that, before the stack ends", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    assert.equal(rewriteJson(nested(3), keepAll, { maxDepth: 3 }).kind, "text");
    const tooDeep = { kind: "refused", reason: "too_deep" };
    assert.deepEqual(rewriteJson(nested(4), keepAll, { maxDepth: 3 }), tooDeep);
    assert.deepEqual(rewriteJson('{"a":{"a":{"a":{}}}}', keepAll, { maxDepth: 3 }), tooDeep);
    assert.equal(rewriteJson(nested(MAX_JSON_DEPTH), keepAll, { maxDepth: 1e9 }).kind, "text");
    assert.deepEqual(rewriteJson("[".repeat(5e6), keepAll, { maxDepth: 1e9 }), tooDeep);
    assert.deepEqual(rewriteJson('{"a":'.repeat(1e6), keepAll, { maxDepth: 1e9 }), tooDeep);
  });

  test("a visitor may itself rewrite JSON", () => {
    const inner: Visit<JsonPlace> = (place, value) =>
      place.isNumber
        ? "0"
        : isJson(value) && value.startsWith("[")
          ? rewritten(value, inner)
          : value;
    assert.equal(rewritten('["[1,2]", 3]', inner), '["[0,0]", 0]');
  });

  test("any text at all is taken without throwing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 12 }), (text) => {
        assert.equal(rewriteJson(text, keepAll, LIMITS).kind === "text", isJson(text));
      }),
    );
  });
});

suite("rewriting of NDJSON", () => {
  test("each line is a document", () => {
    const text = '{"a":"x"}\r\n\n  "x"\n["x"]';
    const out = rewriteNdjson(text, (place, v) => (place.isName ? v : "y"), LIMITS);
    assert.deepEqual(out, { kind: "text", text: '{"a":"y"}\r\n\n  "y"\n["y"]' });
    assert.deepEqual(rewriteNdjson("", keepAll, LIMITS), { kind: "text", text: "" });
  });

  test("one bad line refuses all", () => {
    const result = rewriteNdjson('{"a":1}\n{"a":\n1}\n', keepAll, LIMITS);
    assert.deepEqual(result, { kind: "refused", reason: "unparsable" });
  });

  test("lines of any documents stay as they are", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), (values) => {
        const text = bytesOf(values.map((value) => JSON.stringify(value)).join("\n"));
        assert.deepEqual(rewriteNdjson(text, keepAll, LIMITS), { kind: "text", text });
      }),
    );
  });
});

suite("hostile JSON takes linear time", () => {
  const size = 1_000_000;
  const documents: Readonly<Record<string, string>> = {
    "an unended string": `"${"a".repeat(size)}`,
    "a string of escapes": `"${"\\u0041".repeat(size / 6)}"`,
    "an escape at the end of each string": `[${'"a\\n",'.repeat(size / 6)}1]`,
    backslashes: `"${"\\".repeat(size)}`,
    digits: "1".repeat(size),
    commas: `[${",".repeat(size)}`,
    members: `{${'"a":1,'.repeat(size / 6)}"a":1}`,
    "white space": `[${" ".repeat(size)}`,
  };
  for (const [name, text] of Object.entries(documents)) {
    test(name, () => {
      const began = performance.now();
      rewriteJson(text, (_, value) => `${value}x`, LIMITS);
      rewriteJson(text, () => undefined, LIMITS);
      assert.ok(performance.now() - began < 2000);
    });
  }
});

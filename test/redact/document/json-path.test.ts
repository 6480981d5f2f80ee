import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { compileJsonPath, type JsonPathTest } from "../../../src/redact/document/json-path.ts";
import { fc } from "../../fuzz/property.ts";
import { bytesOf } from "./json-samples.ts";

type Path = readonly (string | number)[];

function compiled(path: string): JsonPathTest {
  const result = compileJsonPath(path);
  assert.equal(result.kind, "test", path);
  return result as JsonPathTest;
}

/** A selector as the oracle understands it, and how it is written. */
interface Segment {
  readonly text: string;
  readonly isDescent: boolean;
  readonly accepts: (element: string | number) => boolean;
}

const segment: fc.Arbitrary<Segment> = fc
  .tuple(fc.constantFrom("a", "b", "*", 0, 1), fc.boolean(), fc.boolean())
  .map(([selector, isDescent, isBracketed]) => {
    const dots = isDescent ? ".." : ".";
    const accepts = (element: string | number) => selector === "*" || element === selector;
    const isPlain = typeof selector === "string" && !isBracketed;
    const inBrackets =
      typeof selector === "number" || selector === "*" ? selector : `'${selector}'`;
    const text = isPlain ? `${dots}${selector}` : `${isDescent ? ".." : ""}[${inBrackets}]`;
    return { text, isDescent, accepts };
  });

/** RFC 9535 section 2: a path is meant when its segments can be laid along it. */
function oracle(segments: readonly Segment[], path: Path): boolean {
  const [first, ...others] = segments;
  if (first === undefined) return path.length === 0;
  const [element, ...rest] = path;
  if (element === undefined) return false;
  if (first.accepts(element) && oracle(others, rest)) return true;
  return first.isDescent && oracle(segments, rest);
}

suite("JSON paths", () => {
  test("mean the places that the RFC says they mean", () => {
    const element = fc.constantFrom<string | number>("a", "b", 0, 1);
    let hits = 0;
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 4 }),
        fc.array(element, { maxLength: 6 }),
        (segments, path) => {
          const found = compiled(`$${segments.map(({ text }) => text).join("")}`);
          const isMeant = oracle(segments, path);
          if (isMeant) hits++;
          assert.equal(found.matches(path), isMeant);
          const isBelow = path.some((_, length) => oracle(segments, path.slice(0, length)));
          assert.equal(found.matchesAncestor(path), isBelow);
        },
      ),
      { numRuns: 5000 },
    );
    assert.ok(hits > 100);
  });

  test("names in brackets may hold anything", () => {
    const named = (path: string, ...place: Path) => assert.ok(compiled(path).matches(place), path);
    named("$['a.b']['c d']", "a.b", "c d");
    named('$["it\'s"]', "it's");
    named("$['it\\'s']", "it's");
    named("$[ 'a' ] .b [ 0 ]", "a", "b", 0);
    named("$['\\u0041\\n']", "A\n");
    named("$.naïve", bytesOf("naïve"));
    named("$['\\ud83d\\ude00']", bytesOf("😀"));
    named("$['']", "");
    named("$");
  });

  test("the name of a number is no index", () => {
    assert.ok(!compiled("$['0']").matches([0]));
    assert.ok(!compiled("$[0]").matches(["0"]));
  });

  test("what is not supported or not a path is a fault that says why", () => {
    const faults: readonly [string, RegExp][] = [
      ["", /begins with \$/],
      ["a.b", /begins with \$/],
      ["$.", /After a dot/],
      ["$..", /After a dot/],
      ["$.user-name", /come \.name/],
      ["$a", /come \.name/],
      ["$.1", /After a dot/],
      ["$[-1]", /from the end/],
      ["$[0:2]", /Slices/],
      ["$['a','b']", /Several/],
      ["$[?@.a]", /Filters/],
      ["$[01]", /In brackets/],
      ["$[a]", /In brackets/],
      ["$['a", /In brackets/],
      ["$['a\\q']", /In brackets/],
      ["$[0", /In brackets/],
      ["$.a ", /White space/],
      ["$. a", /After a dot/],
    ];
    for (const [path, message] of faults) {
      const result = compileJsonPath(path);
      assert.equal(result.kind, "fault", path);
      if (result.kind === "fault") assert.match(result.message, message, path);
    }
  });

  test("any text is a path or a fault", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.ok(["test", "fault"].includes(compileJsonPath(`$${text}`).kind));
      }),
    );
  });

  test("more steps than a state has room for are a fault", () => {
    assert.equal(compileJsonPath(`$${".a".repeat(29)}`).kind, "test");
    assert.equal(compileJsonPath(`$${".a".repeat(30)}`).kind, "fault");
  });

  test("many descents do not multiply", () => {
    const found = compiled(`$${"..a".repeat(13)}..b`);
    const began = performance.now();
    assert.ok(!found.matches(Array(256).fill("a")));
    assert.ok(performance.now() - began < 100);
  });
});

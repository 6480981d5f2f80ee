import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileRegex, regexFault } from "../../../src/select/match/regex.ts";

/** What classic backtracking engines die of, and what blows up automata. */
const HOSTILE = [
  "(a+)+b",
  "(a*)*b",
  "(a|a)*b",
  "(a|aa)+b",
  "(.*a){25}b",
  "([a-z]+)*c",
  "(a?){100}a{100}",
  "(x+x+)+y",
  "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)[c]",
  "(a|b)*a(a|b){20}c",
  "(a|b)*a(a|b){90}c",
  "(.*a.{12}b){5}c",
];

const REFUSED: readonly (readonly [pattern: string, reason: RegExp])[] = [
  ["(a{1000}){1000}", /repeat count/],
  ["((((((((((a{2}){2}){2}){2}){2}){2}){2}){2}){2}){2})", /repeat count|instructions/],
  ["a{1000}", /1002 instructions .* 300 are the most/],
  ["(\\pL|\\pN){500}", /instructions/],
  ["a{1001}", /repeat count/],
  ["(", /missing closing \)/],
  ["[a", /missing closing \]/],
  ["*a", /missing argument/],
  ["a**", /nested repetition/],
  ["\\", /trailing backslash/],
  ["(a)\\1", /escape/],
  ["(?=a)b", /Perl syntax/],
  ["(?<=a)b", /./],
  ["(?<!a)b", /./],
  ["a".repeat(1001), /1001 characters long, and 1000 are the most/],
  ["(".repeat(500) + ")".repeat(500), /./],
  ["(".repeat(5_000_000), /characters/],
];

function took(run: () => void): number {
  const began = performance.now();
  run();
  return performance.now() - began;
}

describe("regular expression", () => {
  test("whole value, one character for one byte", () => {
    const bytes = Buffer.from("xxab\u{e9}yy", "latin1");
    assert.equal(compileRegex("ab.")(bytes, 2, 5), true);
    assert.equal(compileRegex("ab")(bytes, 2, 5), false);
    assert.equal(compileRegex("b.")(bytes, 2, 5), false);
    assert.equal(compileRegex("\\x{e9}|q")(bytes, 4, 5), true);
    assert.equal(compileRegex("")(bytes, 4, 4), true);
    assert.equal(compileRegex("a|ab.")(bytes, 2, 5), true, "the longer way counts too");
    assert.equal(compileRegex("^ab.$")(bytes, 2, 5), true);
  });

  test("usual expressions are taken", () => {
    for (const pattern of [
      "/users/[0-9]+/(orders|items)(/.*)?",
      "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
      "(?i)bearer .+",
      ".*(iPhone|Android|Windows Phone).*",
      "\\d{1,3}(\\.\\d{1,3}){3}",
    ])
      assert.equal(regexFault(pattern), undefined, pattern);
  });

  for (const [pattern, reason] of REFUSED) {
    test(`refused: ${pattern.slice(0, 40)}`, () => {
      const spent = took(() => assert.match(regexFault(pattern) ?? "", reason));
      assert.ok(spent < 500, `${spent} ms`);
      assert.throws(() => compileRegex(pattern), RangeError);
    });
  }

  for (const pattern of HOSTILE) {
    test(`quick or refused: ${pattern}`, () => {
      let state = 1;
      const random = () => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        return state >>> 16 > 32767 ? "a" : "b";
      };
      const texts = [
        "a".repeat(60_000),
        "x".repeat(60_000),
        Array.from({ length: 8000 }, random).join(""),
      ];
      if (regexFault(pattern) !== undefined) return;
      const matches = compileRegex(pattern);
      for (const text of texts) {
        const bytes = Buffer.from(text);
        const spent = took(() => assert.equal(matches(bytes, 0, bytes.length), false));
        assert.ok(spent < 1500, `${spent} ms`);
      }
    });
  }
});

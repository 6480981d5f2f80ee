import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseConfigText } from "../../src/agent/config/load.ts";
import { configError } from "../../src/agent/config/problems.ts";
import { ShadowtapError } from "../../src/model/errors.ts";
import { FUZZ_SECONDS } from "./effort.ts";
import { fc } from "./property.ts";

/**
 * Rules files that nobody means well: each ends quickly, in a configuration or in problems. For files of full size, and for
 * longer:
 *
 *     SHADOWTAP_FUZZ_SECONDS=60 node --test test/fuzz/rules-file.test.ts
 */

const SECONDS = FUZZ_SECONDS ?? 0;

/** How long each property is looked into. */
const EFFORT =
  SECONDS > 0
    ? { numRuns: 1_000_000_000, interruptAfterTimeLimit: SECONDS * 1000 }
    : { numRuns: 100 };

const VALID = readFileSync(
  join(import.meta.dirname, "../agent/config/files/everything.yaml"),
  "utf8",
);

/** Far above what the worst takes on a slow machine, far below what a quadratic step would. */
const MOST_MS = SECONDS > 0 ? 20_000 : 8_000;

/** True for a configuration. Throws when anything else than problems or a ShadowtapError comes of it. */
async function isAccepted(text: string): Promise<boolean> {
  try {
    const { config, problems } = await parseConfigText(text, "f.yaml");
    assert.equal(config === undefined, problems.length > 0);
    for (const { line, column, found, expected } of problems) {
      assert.ok(line >= 1 && column >= 1 && found !== "" && expected !== "");
      assert.ok(!/[\n\r]/.test(found + expected), "a problem is one line");
    }
    if (problems.length > 0) assert.ok(configError("f.yaml", problems).message.length < 1e5);
    return config !== undefined;
  } catch (error) {
    if (!(error instanceof ShadowtapError)) throw error;
    assert.equal(error.code, "ST_FILE_UNREADABLE");
    return false;
  }
}

/** The largest file that is read. */
const LIMIT = 256 * 1024;
const SIZE = SECONDS > 0 ? LIMIT : LIMIT / 4;
const filled = (text: string) => text.repeat(Math.ceil(SIZE / text.length)).slice(0, SIZE);

function numbered(line: (index: number) => string): string {
  let text = "";
  for (let index = 0; text.length < SIZE - 100; index++) text += line(index);
  return text;
}

const head = "apiVersion: shadowtap.dev/v1alpha1\nkind: MirrorConfig\n";

const HOSTILE: Readonly<Record<string, string>> = {
  "a million mirrors": `${head}mirrors:\n${"  - {}\n".repeat(1_000_000)}`,
  "as many mirrors as fit": `${head}mirrors:\n${"  - {}\n".repeat(LIMIT / 7 - 20)}`,
  "brackets that open": filled("["),
  "braces that open": filled("{a: "),
  "brackets that close": filled("]"),
  commas: `[${filled(",")}`.slice(0, SIZE),
  "lists in a line": filled("- "),
  "complex keys": filled("? "),
  "lists by indentation": Array.from({ length: 700 }, (_, i) => `${" ".repeat(i)}-\n`).join(""),
  "an alias bomb": `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}x]\n`).join("")}`,
  "aliases of everything": `a: &a {b: c}\nd: [${"*a, ".repeat(60_000)}]\n`,
  "aliases of themselves": "a: &a {b: *a, c: &c [*a, *c]}\n",
  anchors: filled("&a "),
  tags: filled("!a "),
  stars: filled("*a "),
  directives: filled("%YAML 1.2\n"),
  documents: filled("---\n"),
  quotes: filled('"'),
  "a huge word": `a: ${filled("x")}`.slice(0, SIZE),
  "a huge text": `a: "${filled("\\u0041")}"`.slice(0, SIZE),
  "a huge number": `a: ${filled("1")}`.slice(0, SIZE),
  "a huge key": `${filled("k")}: 1`.slice(-SIZE),
  "a huge block": `a: |\n${filled(" x\n")}`.slice(0, SIZE),
  "a folded block": `a: >\n${filled(" x\n\n")}`.slice(0, SIZE),
  "lines without end": filled("\n"),
  "different keys": numbered((i) => `k${i}: 1\n`),
  "the same key": filled("mirrors: 1\n"),
  "keys like __proto__": "__proto__: {}\nconstructor: {prototype: 1}\ntoString: 1\n",
  "many problems": `${head}mirrors: [{name: a, from: {ports: [${"0,".repeat(100_000)}]}}]`,
  "many values": `${head}mirrors: [{name: a, from: {ports: [${"80,".repeat(80_000)}]}, to: {url: http://a}}]`,
  "NUL bytes": filled("\0"),
  "bytes that are not UTF-8": new TextDecoder().decode(Buffer.alloc(1000, 0xff)),
  "unpaired surrogates": `a: "\ud800"\nb: \udc00\n`,
  "regular expressions": `${head}mirrors:\n${Array.from({ length: 60 }, (_, i) => `  - name: m${i}\n    from: {ports: [80]}\n    to: {url: http://a}\n    match: {headers: [${"{name: a, type: RegularExpression, value: '((a{0,30}){0,30})*b'}, ".repeat(50)}]}\n`).join("")}`,
  "a catastrophic expression": `${head}mirrors: [{name: a, from: {ports: [80]}, to: {url: http://a}, match: {path: {type: RegularExpression, value: '(a+)+$'}}}]`,
  "certificates without end": `${head}mirrors: [{name: a, from: {ports: [80]}, to: {url: https://a, ca: /dev/zero}}]`,
  "matches in matches": `${head}mirrors: [{name: a, from: {ports: [80]}, to: {url: http://a}, match: ${"{not: ".repeat(55)}{}${"}".repeat(55)}}]`,
  "a forest of matches": `${head}m: &m0 {}\n${Array.from({ length: 20 }, (_, i) => `m${i}: &m${i + 1} {any: [*m${i}, *m${i}]}\n`).join("")}`,
};

describe("hostile rules files", () => {
  test("the file that is changed is a good one", async () => assert.ok(await isAccepted(VALID)));

  for (const [name, text] of Object.entries(HOSTILE))
    test(name, { timeout: MOST_MS }, async () => {
      await isAccepted(text);
    });

  test("a good file with changes anywhere", { timeout: 1000 * SECONDS + 6 * MOST_MS }, async () => {
    const edit = fc.record({
      at: fc.nat(VALID.length),
      remove: fc.nat(12),
      insert: fc.oneof(
        fc.string({ maxLength: 6 }),
        fc.constantFrom(
          "\n",
          " ",
          ":",
          "- ",
          "[",
          "}",
          "&a",
          "*a",
          "!!int ",
          "'",
          '"',
          "#",
          "0x",
          "\0",
          "null",
        ),
      ),
    });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        let text = VALID;
        for (const { at, remove, insert } of edits)
          text = text.slice(0, at) + insert + text.slice(at + remove);
        if (await isAccepted(text)) accepted++;
      }),
      EFFORT,
    );
    assert.ok(accepted > 0, "some changes do no harm");
  });

  test("any JSON where something is expected", {
    timeout: 1000 * SECONDS + 6 * MOST_MS,
  }, async () => {
    const keys = fc.constantFrom(
      ..."apiVersion kind capture hook matching mirrors name from ports users match path type value headers all any not percent fraction ramp guard to url timeout limits".split(
        " ",
      ),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.oneof(
          fc.string(),
          fc.double(),
          fc.boolean(),
          fc.constant(null),
          fc.constantFrom("a", "http://a", "10%", "80"),
        ),
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(keys, tie("tree"), { maxKeys: 8 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, fc.boolean(), async (value, isMirror) => {
        const document = isMirror
          ? { apiVersion: "shadowtap.dev/v1alpha1", kind: "MirrorConfig", mirrors: [value] }
          : value;
        await isAccepted(JSON.stringify(document, null, 1));
      }),
      EFFORT,
    );
  });

  test("any text", { timeout: 1000 * SECONDS + 6 * MOST_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), async (text) => {
        await isAccepted(text);
      }),
      EFFORT,
    );
  });
});

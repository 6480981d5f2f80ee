import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseConfigText } from "../../../src/agent/config/load.ts";
import { configError } from "../../../src/agent/config/problems.ts";
import { ShadowtapError } from "../../../src/model/errors.ts";
import { INVALID_FILES } from "./invalid-files.ts";

/** What is said about every mistake; written anew with SHADOWTAP_UPDATE_GOLDEN=1. */
const GOLDEN = join(import.meta.dirname, "invalid-files.golden.txt");

async function message(text: string): Promise<string> {
  const { problems } = await parseConfigText(text, "f.yaml");
  assert.notEqual(problems.length, 0, "accepted");
  const error = configError("f.yaml", problems);
  assert.ok(error instanceof ShadowtapError);
  assert.equal(error.exitCode, 78);
  return error.message;
}

describe("mistakes in rules files", async () => {
  if (process.env["SHADOWTAP_UPDATE_GOLDEN"] === "1") {
    const sections: string[] = [];
    for (const [name, text] of Object.entries(INVALID_FILES))
      sections.push(`=== ${name}\n${await message(text)}\n`);
    writeFileSync(GOLDEN, sections.join("\n"));
  }
  const golden = new Map(
    readFileSync(GOLDEN, "utf8")
      .split(/^=== /m)
      .slice(1)
      .map((section) => {
        const [name = "", ...lines] = section.trimEnd().split("\n");
        return [name, lines.join("\n")] as const;
      }),
  );
  for (const [name, text] of Object.entries(INVALID_FILES))
    test(name, async () => {
      assert.equal(await message(text), golden.get(name));
    });

  test("nothing is expected that is not tested", () => {
    assert.deepEqual([...golden.keys()], Object.keys(INVALID_FILES));
  });
});

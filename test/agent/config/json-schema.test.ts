import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { configSchemaJson } from "../../../src/agent/config/json-schema.ts";
import { parseConfigText } from "../../../src/agent/config/load.ts";
import { readSource } from "../../../src/agent/config/source.ts";
import { type Schema, violations } from "../../report/json-schema.ts";
import { INVALID_FILES } from "./invalid-files.ts";

const repository = join(import.meta.dirname, "../../..");
const schema: Schema = JSON.parse(
  readFileSync(join(repository, "docs/config.schema.json"), "utf8"),
);

/**
 * Mistakes that the schema cannot say, or not without becoming unreadable: values that contradict each other, numbers inside of texts, and
 * regular expressions. The loader finds them.
 */
const BEYOND = [
  "names twice",
  "cgroup hook with interfaces",
  "two scopes",
  "limits",
  "path relative",
  "path with query",
  "path template",
  "path glob",
  "path regex",
  "path regex not ASCII",
  "regex with lookahead",
  "regex too large",
  "content type any",
  "fraction",
  "ramp falls",
  "url without scheme",
  "url with credentials",
  "url with query",
  "ca and insecure",
  "target twice",
  "target of two minds",
  "redact empty",
  "redact a size only",
  "redact loses the preset",
  "redaction empty",
  "redaction replacement that is found",
  "redaction long values",
  "redaction expressions too many",
];

function plainValue(text: string): unknown {
  const { source } = readSource(text, "f");
  return source === undefined ? undefined : JSON.parse(JSON.stringify(source.value));
}

describe("docs/config.schema.json", () => {
  test("is what the schema of the loader says", () => {
    assert.deepEqual(schema, JSON.parse(configSchemaJson()));
    const script = join(repository, "scripts/gen-schema.ts");
    execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" });
  });

  test("describes everything that has a name", () => {
    const undescribed: string[] = [];
    const look = (at: Schema & { description?: string }, path: string) => {
      for (const [name, member] of Object.entries(at.properties ?? {})) {
        const { description, $ref } = member as Schema & { description?: string };
        if (description === undefined && $ref === undefined) undescribed.push(`${path}.${name}`);
        look(member, `${path}.${name}`);
      }
      if (at.items) look(at.items, `${path}[]`);
      for (const one of at.anyOf ?? []) look(one, path);
    };
    look(schema, "$");
    for (const [name, definition] of Object.entries(schema.$defs ?? {})) look(definition, name);
    assert.deepEqual(undescribed, []);
  });

  const folder = join(import.meta.dirname, "files");
  for (const name of readdirSync(folder))
    test(`accepts ${name}, as the loader does`, async () => {
      const text = readFileSync(join(folder, name), "utf8");
      assert.deepEqual((await parseConfigText(text, name)).problems, []);
      assert.deepEqual(violations(schema, plainValue(text)), []);
    });

  test("refuses what the loader refuses, as far as a schema can", async () => {
    const accepted: string[] = [];
    for (const [name, text] of Object.entries(INVALID_FILES)) {
      const value = plainValue(text);
      if (value === undefined) continue;
      if (violations(schema, value).length === 0) accepted.push(name);
    }
    assert.deepEqual(accepted, BEYOND);
  });

  test("every example of docs/rules.md that is a whole file is one", async () => {
    const page = readFileSync(join(repository, "docs/rules.md"), "utf8");
    const files = [...page.matchAll(/^```yaml\n(.*?)^```/gms)]
      .map(([, text]) => text ?? "")
      .filter((text) => text.includes("apiVersion:"));
    assert.ok(files.length > 0);
    for (const text of files) {
      assert.deepEqual((await parseConfigText(text, "rules.md")).problems, []);
      assert.deepEqual(violations(schema, plainValue(text)), []);
    }
  });

  test("every part of a rule in docs/rules.md is one", async () => {
    const page = readFileSync(join(repository, "docs/rules.md"), "utf8");
    const parts = [...page.matchAll(/^```yaml\n((?:match|ramp|redact):.*?)^```/gms)].map(
      ([, text]) => text ?? "",
    );
    assert.equal(parts.length, 3);
    for (const part of parts) {
      const lines = part
        .trimEnd()
        .split("\n")
        .map((line) => `    ${line}\n`);
      const text = `apiVersion: shadowtap.dev/v1alpha1\nkind: MirrorConfig\nmirrors:\n  - name: a\n    from: { ports: [80] }\n    to: { url: http://a }\n${lines.join("")}`;
      assert.deepEqual((await parseConfigText(text, "rules.md")).problems, []);
    }
  });
});

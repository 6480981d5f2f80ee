/**
 * Writes docs/config.schema.json from the schema that rules files are checked with. `--check` fails, without writing, when the
 * committed file is another.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configSchemaJson } from "../src/agent/config/json-schema.ts";

const root = join(import.meta.dirname, "..");
const name = "docs/config.schema.json";
const file = join(root, name);
const formatted = execFileSync(
  join(root, "node_modules/.bin/biome"),
  ["format", `--stdin-file-path=${name}`],
  { cwd: root, input: configSchemaJson(), encoding: "utf8" },
);

if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") !== formatted) {
    console.error(`${name} is not what the schema says: run scripts/gen-schema.ts.`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, formatted);
}

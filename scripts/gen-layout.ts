/**
 * Writes src/capture/layout.gen.ts from the BTF of the compiled header, so that TypeScript reads what C writes.
 * `--check` fails, without writing, when the committed file is not what the header says.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface BtfType {
  kind: string;
  name: string;
  size?: number;
  members?: { name: string; bits_offset: number }[];
  values?: { name: string; val: number }[];
}

const root = join(import.meta.dirname, "..");
const objectFile = join(root, "build/bpf/layout.bpf.o");
const outputFile = join(root, "src/capture/layout.gen.ts");

const dump = execFileSync("bpftool", ["-j", "btf", "dump", "file", objectFile], {
  encoding: "utf8",
  maxBuffer: 64 << 20,
});
const types: BtfType[] = JSON.parse(dump).types;

function constant(name: string, entries: readonly (readonly [string, number])[]): string {
  const lines = entries.map(([key, value]) => `  ${key}: ${value},`);
  return `export const ${name} = {\n${lines.join("\n")}\n} as const;\n`;
}

const parts = [
  "// Written by scripts/gen-layout.ts from bpf/shadowtap.h. Byte offsets and sizes.\n",
];
for (const type of types) {
  if (!type.name.startsWith("st_")) continue;
  if (type.kind === "STRUCT") {
    const members = (type.members ?? []).filter((member) => !member.name.startsWith("_"));
    parts.push(
      constant(type.name.toUpperCase(), [
        ["sizeof", type.size ?? 0] as const,
        ...members.map((member) => [member.name, member.bits_offset / 8] as const),
      ]),
    );
  }
  if (type.kind === "ENUM") {
    parts.push(
      constant(
        type.name.toUpperCase(),
        (type.values ?? []).map((value) => [value.name, value.val] as const),
      ),
    );
  }
}
const generated = parts.join("\n");

if (process.argv.includes("--check")) {
  if (readFileSync(outputFile, "utf8") !== generated) {
    console.error(
      "src/capture/layout.gen.ts is not what bpf/shadowtap.h says: run scripts/gen-layout.ts.",
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(outputFile, generated);
}

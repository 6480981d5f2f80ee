import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, relative } from "node:path";

/** One source file: its path below the repository, with forward slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

interface RoomRule {
  /** Rooms that it may import, and single files of rooms that it may not import otherwise. */
  readonly imports: readonly string[];
  /** Packages that it may import. */
  readonly packages: readonly string[];
}

const STAGES = ["decode", "select", "redact", "deliver", "compare"];

/** The import graph of ARCHITECTURE.md, and who may use which package. */
const RULES: Readonly<Record<string, RoomRule>> = {
  model: { imports: [], packages: [] },
  kernel: { imports: ["model/errors.ts", "model/transport.ts"], packages: ["koffi"] },
  capture: { imports: ["model", "kernel"], packages: [] },
  ...Object.fromEntries(STAGES.map((stage) => [stage, { imports: ["model"], packages: [] }])),
  select: { imports: ["model"], packages: ["re2js"] },
  redact: { imports: ["model"], packages: ["re2js"] },
  report: { imports: ["model"], packages: ["protobufjs"] },
  agent: {
    imports: ["model", "kernel", "capture", ...STAGES, "report"],
    packages: ["yaml", "zod"],
  },
  cli: { imports: ["model", "report"], packages: ["@oclif/core"] },
  commands: { imports: ["agent", "cli", "model"], packages: ["@oclif/core"] },
};

/** A file that is longer holds more than one idea. Generated ones are not read. */
export const MAX_LINES = 400;

const COMMENTS = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
const IMPORTS =
  /(?<!["'])\bfrom\s*["']([^"']+)["']|\bimport\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']/g;

/** Everything that a file imports, in whichever form: static, for its effects, dynamic, as a type, re-exported. */
export function importsOf(text: string): string[] {
  return [...text.replace(COMMENTS, "").matchAll(IMPORTS)].map(
    ([, from, effect, dynamic]) => from ?? effect ?? dynamic ?? "",
  );
}

/** Path below src/ of a relative import, or undefined when it leads out of src/. */
function resolved(path: string, specifier: string): string | undefined {
  const target = relative("src", join(path, "..", specifier));
  return target.startsWith("..") ? undefined : target;
}

function packageOf(specifier: string): string {
  const [scope = "", name = ""] = specifier.split("/");
  return scope.startsWith("@") ? `${scope}/${name}` : scope;
}

function importViolation(path: string, room: string, specifier: string): string | undefined {
  const rule = RULES[room];
  if (rule === undefined) return `${path}: there is no room ${room}`;
  if (specifier.startsWith("node:")) return undefined;
  if (!specifier.startsWith(".")) {
    if (builtinModules.includes(specifier)) return `${path}: write node:${specifier}`;
    const name = packageOf(specifier);
    return rule.packages.includes(name) ? undefined : `${path}: ${room} must not import ${name}`;
  }
  const target = resolved(path, specifier);
  if (target === undefined) return `${path}: ${specifier} leads out of src`;
  const otherRoom = target.split("/")[0] ?? "";
  if (otherRoom === room || rule.imports.includes(otherRoom) || rule.imports.includes(target))
    return undefined;
  return `${path}: ${room} must not import ${target}`;
}

const BRAND_FILE = "src/redact/redacted.ts";
/** A cast to the brand, in either spelling. */
const BRAND_CAST = /\bas\s+Redacted\b|[=(,:?]\s*<Redacted</;

/** What has been through a policy is what `redact` says has: nobody else may say so, of anything. */
function brandViolations(path: string, text: string): string[] {
  const code = text.replace(COMMENTS, "");
  const imports = importsOf(text).some(
    (specifier) => resolved(path, specifier) === "redact/redacted.ts",
  );
  return [
    ...(BRAND_CAST.test(code) && path !== BRAND_FILE
      ? [`${path}: only ${BRAND_FILE} casts to Redacted`]
      : []),
    ...(imports && !path.startsWith("src/redact/")
      ? [`${path}: only redact makes what is Redacted`]
      : []),
  ];
}

/** What the files do that ARCHITECTURE.md forbids, as sentences. */
export function violations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split("\n").length - 1;
    const faults = lines > MAX_LINES ? [`${path}: ${lines} lines are more than ${MAX_LINES}`] : [];
    const [top, room = ""] = path.split("/");
    if (top !== "src") return faults;
    const found = importsOf(text).map((specifier) => importViolation(path, room, specifier));
    return [
      ...faults,
      ...found.filter((fault) => fault !== undefined),
      ...brandViolations(path, text),
    ];
  });
}

/** Every source file below these folders of the repository. Generated files are left out, and so are dependencies. */
export function readSources(repository: string, folders: readonly string[]): SourceFile[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" }).map((name) =>
        join(folder, name),
      ),
    )
    .filter((path) => /\.(ts|js)$/.test(path) && !path.includes(".gen."))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(repository, path), "utf8") }));
}

import { dirname, resolve } from "node:path";
import { ShadowtapError } from "../../model/errors.ts";
import type { RunConfig } from "../../model/run-config.ts";
import { buildConfig } from "./build.ts";
import { effectiveDocument, NO_OVERRIDES, type Overrides } from "./defaults.ts";
import { readCertificates, readInputBytes } from "./input-file.ts";
import { type ConfigProblem, configError, pathText } from "./problems.ts";
import type { ConfigDocument } from "./schema.ts";
import type { Source } from "./source.ts";

/** A rules file that holds no mistake. */
export interface ReadConfig {
  readonly document: ConfigDocument;
  readonly source: Source;
}

type Reading =
  | { readonly read: ReadConfig; readonly problems: readonly [] }
  | { readonly read: undefined; readonly problems: readonly ConfigProblem[] };

/** Checks a text as a rules file; `path` is how it is called in problems. What it names outside of itself is not looked at. */
async function readConfigText(text: string, path: string): Promise<Reading> {
  const { MAX_FILE_BYTES, readSource } = await import("./source.ts");
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) return failed([tooLarge(path, MAX_FILE_BYTES)]);
  const { source, problems } = readSource(text, path);
  if (source === undefined) return failed(problems);

  // Slow to load, and needed for rules files only.
  const [{ schemaProblems }, { checkConsistency }] = await Promise.all([
    import("./schema-problems.ts"),
    import("./consistency.ts"),
  ]);
  const found = schemaProblems(source, path);
  checkConsistency(source.value, (where, what, expected) => {
    const place = source.has(where) ? source.placeOf(where) : source.keyPlaceOf(where);
    found.push({ file: path, ...place, path: pathText(where), found: what, expected });
  });
  if (found.length > 0) return failed(found);
  return { read: { document: source.value as ConfigDocument, source }, problems: [] };
}

function failed(problems: readonly ConfigProblem[]): Reading {
  return { read: undefined, problems };
}

function tooLarge(file: string, maxBytes: number): ConfigProblem {
  const expected = `at most ${maxBytes / 1024}KiB`;
  return { file, line: 1, column: 1, path: "", found: "is too large", expected };
}

/**
 * What a text says as a rules file, or everything that is wrong with it. Relative paths in it begin at the directory of `path`. Throws
 * ST_FILE_UNREADABLE for certificates that it names.
 */
export async function parseConfigText(
  text: string,
  path: string,
): Promise<
  | { readonly config: RunConfig; readonly problems: readonly [] }
  | { readonly config?: undefined; readonly problems: readonly ConfigProblem[] }
> {
  const { read, problems } = await readConfigText(text, path);
  if (read === undefined) return { problems };
  return { config: buildFileConfig(path, read.document, NO_OVERRIDES), problems: [] };
}

/** Reads and checks a rules file. Throws ST_FILE_UNREADABLE, or ST_CONFIG_INVALID with all its problems. */
export async function readConfigFile(path: string): Promise<ReadConfig> {
  const { MAX_FILE_BYTES } = await import("./source.ts");
  const bytes = readInputBytes("The rules file", path, MAX_FILE_BYTES);
  // A text of one byte more than allowed is refused by its length; bytes that are not UTF-8 become a character that is refused.
  const { read, problems } = await readConfigText(new TextDecoder().decode(bytes), path);
  if (read === undefined) throw configError(path, problems);
  return read;
}

/** What a rules file says, with what flags and environment say in place of it. */
export async function loadConfigFile(path: string, overrides: Overrides): Promise<RunConfig> {
  const { document } = await readConfigFile(path);
  return buildFileConfig(path, document, overrides);
}

function buildFileConfig(path: string, file: ConfigDocument, overrides: Overrides): RunConfig {
  const document = effectiveDocument(file, overrides);
  const { hook, interfaces = [] } = document.capture ?? {};
  if (hook === "cgroup" && interfaces.length > 0)
    throw new ShadowtapError(
      "ST_USAGE",
      `--hook cgroup and interfaces exclude each other: this hook sees every interface.`,
      [`Use --hook tc or --hook socket, or take capture.interfaces out of ${path}.`],
    );
  const folder = dirname(resolve(path));
  const within = (name: string) => resolve(folder, name);
  return buildConfig(document, {
    readCa: (name) => readCertificates("The certificates", within(name)),
    resolve: within,
  });
}

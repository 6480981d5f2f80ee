import { Document, isScalar, isSeq, visit } from "yaml";
import { effectiveDocument, type Overrides } from "./defaults.ts";
import { OVERRIDE_PATHS } from "./flag-capture.ts";
import { readConfigFile } from "./load.ts";

/** Where each flag that was given stands: `--hook`, or the name of its environment variable. */
type FlagOrigins = ReadonlyMap<string, string>;

/** The flag that says what holds at a path, if one does. */
function originInFlags(
  path: readonly PropertyKey[],
  overrides: Overrides,
  origins: FlagOrigins,
): string | undefined {
  const [group, key] = path;
  const said: Readonly<Record<string, object>> = { ...overrides };
  const values: Readonly<Record<string, unknown>> = { ...said[String(group)] };
  if (values[String(key)] === undefined) return undefined;
  const flag = Object.entries(OVERRIDE_PATHS).find(
    ([, [itsGroup, itsKey]]) => itsGroup === group && itsKey === key,
  );
  return flag && origins.get(flag[0]);
}

/**
 * A rules file with all that holds beside it, as YAML that is a rules file itself. With `origins`, each value has a comment: flag or
 * environment variable, file and line, or default. Rejects as the file does when it is loaded.
 */
export async function viewConfig(
  file: string,
  overrides: Overrides,
  origins: FlagOrigins | undefined,
): Promise<string> {
  const read = await readConfigFile(file);
  const effective = new Document(structuredClone(effectiveDocument(read.document, overrides)));
  if (origins !== undefined)
    visit(effective, (_, node, ancestors) => {
      if (!isScalar(node)) return;
      const path = pathOf([...ancestors, node]);
      if (path === undefined) return;
      const { line } = read.source.placeOf(path);
      const inFile = read.source.has(path) ? `${file}:${line}` : "default";
      node.comment = ` ${originInFlags(path, overrides, origins) ?? inFile}`;
    });
  return effective.toString({ lineWidth: 0 });
}

/** Keys and indices that lead to the last of these nodes; undefined when it is a key. */
function pathOf(nodes: readonly unknown[]): PropertyKey[] | undefined {
  const path: PropertyKey[] = [];
  for (const [at, node] of nodes.entries()) {
    const next = nodes[at + 1];
    if (isSeq(node) && next !== undefined) path.push(node.items.indexOf(next));
    if (!isPairLike(node)) continue;
    if (next === node.key) return undefined;
    path.push(isScalar(node.key) ? String(node.key.value) : String(node.key));
  }
  return path;
}

function isPairLike(node: unknown): node is { key: unknown; value: unknown } {
  return typeof node === "object" && node !== null && "key" in node && "value" in node;
}

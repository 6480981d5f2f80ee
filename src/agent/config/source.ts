import { Composer, type CST, type Document, LineCounter, type Node, Parser } from "yaml";
import { type ConfigProblem, type Place, pathText } from "./problems.ts";
import { type Located, MAX_DEPTH, readTree, type TreeReport } from "./source-tree.ts";

/** A rules file has at most this many bytes: 4 KiB for each of 64 rules. What a parser does with more may take long. */
export const MAX_FILE_BYTES = 256 * 1024;
/** Of what a file that is no YAML gets wrong, the rest says nothing more. */
const MOST_FAULTS = 1000;

/** A rules file as plain data that remembers where everything stood. */
export interface Source {
  readonly value: unknown;
  /**
   * Where the value of a path stands, else what would contain it. An index 0 into something that is no list is that thing
   * itself, since one entry may stand for a list of one; and so is `preset` of a single word.
   */
  placeOf(path: readonly PropertyKey[]): Place;
  /** The same for its key. */
  keyPlaceOf(path: readonly PropertyKey[]): Place;
  has(path: readonly PropertyKey[]): boolean;
}

type Outcome =
  | { readonly source: Source; readonly problems: readonly [] }
  | { readonly source: undefined; readonly problems: readonly ConfigProblem[] };

/**
 * Reads YAML 1.2 or JSON. The only plain scalars that are not text are null, true, false and decimal numbers, so that neither `010`
 * nor `10:30` nor `no` becomes what nobody meant. Time is proportional to the length of the text.
 */
export function readSource(text: string, file: string): Outcome {
  const counter = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems: ConfigProblem[] = [];
  const report: TreeReport = (offset, path, found, expected) => {
    problems.push({ file, ...placeAt(offset), path: pathText(path), found, expected });
  };

  const tokens = [...new Parser(counter.addNewLine).parse(text)];
  const unreadable = unreadableCharacter(text);
  const deep = tooDeep(tokens);
  if (unreadable !== undefined)
    report(unreadable, [], "has a control character, or is not UTF-8", "text in UTF-8");
  else if (deep !== undefined)
    report(deep, [], "is nested too deeply", `at most ${MAX_DEPTH} levels`);
  if (problems.length > 0) return { source: undefined, problems };

  const document = compose(tokens, text.length, report);
  if (problems.length > 0) return { source: undefined, problems };
  const root = readTree(document.contents as Node | null, placeAt, report);
  return problems.length > 0
    ? { source: undefined, problems }
    : { source: createSource(root), problems: [] };
}

function compose(tokens: CST.Token[], length: number, report: TreeReport): Document {
  // Only text comes out of this schema; readTree decides what plain scalars mean. Its search for equal keys is quadratic.
  const composer = new Composer({
    schema: "failsafe",
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const composed = composer.compose(tokens, true, length);
  const document = composed.next().value;
  const second = composed.next().value;
  if (document === undefined) throw new Error("A text without a document.");
  for (const fault of [...document.errors, ...document.warnings].slice(0, MOST_FAULTS))
    report(fault.pos[0], [], `cannot be read (${oneLine(fault.message)})`, "YAML 1.2 or JSON");
  if (document.directives?.yaml.version === "1.1")
    report(0, [], "says that it is YAML 1.1", "YAML 1.2");
  if (second !== undefined)
    report(second.range[0], [], "is a second document", "one document in a file");
  return document;
}

function createSource(root: Located): Source {
  const find = (path: readonly PropertyKey[]) => {
    let at = root;
    for (const part of path) {
      const next = at.parts?.get(part);
      if (next !== undefined) at = next;
      else if (!standsForItself(part, at)) return { at, isWhole: false };
    }
    return { at, isWhole: true };
  };
  return {
    value: root.value,
    placeOf: (path) => find(path).at.place,
    keyPlaceOf: (path) => find(path).at.keyPlace,
    has: (path) => find(path).isWhole,
  };
}

function standsForItself(part: PropertyKey, { parts, value }: Located): boolean {
  return part === 0 || (part === "preset" && parts === undefined && typeof value === "string");
}

function oneLine(message: string): string {
  const line = message.replaceAll(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

/** Offset of what YAML allows nowhere, or of what stands for bytes that are not UTF-8. */
function unreadableCharacter(text: string): number | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  const at = text.search(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]/);
  return at < 0 ? undefined : at;
}

/** Offset of the first token that is nested too deeply. The parser has no recursion, but what composes its tokens has. */
function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  const pending = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) return token.offset;
    if (token.type === "document") {
      if (token.value) pending.push({ token: token.value, depth });
    } else if ("items" in token) {
      for (const { key, value } of token.items) {
        if (key) pending.push({ token: key, depth: depth + 1 });
        if (value) pending.push({ token: value, depth: depth + 1 });
      }
    }
  }
  return undefined;
}

import { closest } from "../../model/closest.ts";
import { ShadowtapError } from "../../model/errors.ts";

/** Where something stands in a rules file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One mistake in a rules file. */
export interface ConfigProblem extends Place {
  readonly file: string;
  /** Such as `mirrors[0].from.ports[1]`; empty for the file as a whole. */
  readonly path: string;
  /** What is there, such as `found "8O8O"` or `is missing`. */
  readonly found: string;
  /** What should be there, such as `a port from 1 to 65535`. */
  readonly expected: string;
}

/** More would bury the first, and each mistake of a hostile file would cost memory. */
const MOST_SHOWN = 50;
const LONGEST_SHOWN = 60;

/** A value as it is quoted in a message: on one line, and not too long. */
export function shown(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value);
}

/** A path as people write it: `mirrors[0].to.url`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else {
      const key = String(part);
      const name = /^[A-Za-z_][\w-]*$/.test(key) ? key : shown(key);
      text += text === "" ? name : `.${name}`;
    }
  }
  return text;
}

/** `a, b or c`. */
export function joined(words: readonly string[]): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
}

/** What is expected of a value that must be one of a few, with the one that was probably meant. */
export function choiceText(input: unknown, values: readonly unknown[]): string {
  const words = values.map(String);
  const meant = typeof input === "string" ? closestInAnyCase(input, words) : undefined;
  return `${joined(words)}${meant === undefined || words.length < 2 ? "" : ` (did you mean ${meant}?)`}`;
}

function closestInAnyCase(typed: string, words: readonly string[]): string | undefined {
  const lower = typed.toLowerCase();
  return (
    words.find((word) => word.toLowerCase() === lower) ??
    words.find((word) => lower.length > 3 && word.toLowerCase().includes(lower)) ??
    closest(typed, words)
  );
}

/** One line: `FILE:LINE:COLUMN: path: what; expected …`. */
function problemText(problem: ConfigProblem): string {
  const { file, line, column, path, found, expected } = problem;
  return `${file}:${line}:${column}: ${path === "" ? "" : `${path}: `}${found}; expected ${expected}`;
}

/** All problems of a file as the error that ends a command. */
export function configError(file: string, problems: readonly ConfigProblem[]): ShadowtapError {
  const ordered = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const lines = ordered.slice(0, MOST_SHOWN).map((problem) => `  ${problemText(problem)}`);
  if (ordered.length > MOST_SHOWN) lines.push(`  … and ${ordered.length - MOST_SHOWN} more.`);
  const count = ordered.length === 1 ? "a problem" : `${ordered.length} problems`;
  return new ShadowtapError("ST_CONFIG_INVALID", `${file} has ${count}:\n${lines.join("\n")}`, [
    "Run `shadowtap help rules` for what may stand where.",
    "Editors check while you type: `shadowtap config schema` prints the JSON Schema.",
  ]);
}

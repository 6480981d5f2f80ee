import { closest } from "../../model/closest.ts";
import { type ConfigProblem, choiceText, joined, pathText, shown } from "./problems.ts";
import { configSchema } from "./schema.ts";
import type { Source } from "./source.ts";

/** The part of zod's issues that is used. */
interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly input?: unknown;
  readonly expected?: string;
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
  readonly errors?: readonly (readonly Issue[])[];
  readonly minimum?: unknown;
  readonly maximum?: unknown;
}

const KINDS: Readonly<Record<string, string>> = {
  object: "a mapping",
  array: "a list",
  string: "text",
};

/** Everything in which the file's shape is not the schema's. */
export function schemaProblems(source: Source, file: string): ConfigProblem[] {
  const { error } = configSchema.safeParse(source.value, { reportInput: true });
  const problems: ConfigProblem[] = [];
  for (const issue of error?.issues ?? []) collect(issue as Issue, []);
  return problems;

  function collect(issue: Issue, above: readonly PropertyKey[]): void {
    const path = [...above, ...issue.path];
    switch (issue.code) {
      case "invalid_union":
        collectUnion(issue, path);
        break;
      case "unrecognized_keys":
        collectKeys(issue, path);
        break;
      default:
        add(issue.input, path, expectedText(issue));
    }
  }

  /** The alternative that was meant is known by its form: its problems are told, not those of all. */
  function collectUnion(issue: Issue, path: readonly PropertyKey[]): void {
    const isOfForm = (errors: readonly Issue[]) =>
      errors.every(({ code, path: at }) => at.length > 0 || !code.startsWith("invalid_"));
    const meant = issue.errors?.find(isOfForm);
    if (meant === undefined) add(issue.input, path, issue.message);
    else for (const inner of meant) collect(inner, path);
  }

  function collectKeys(issue: Issue, path: readonly PropertyKey[]): void {
    const known = knownKeys(path);
    for (const key of issue.keys ?? []) {
      const meant = closest(key, known);
      problems.push({
        file,
        ...source.keyPlaceOf([...path, key]),
        path: pathText([...path, key]),
        found: "unknown key",
        expected: `${joined(known)}${meant === undefined ? "" : ` (did you mean ${meant}?)`}`,
      });
    }
  }

  function add(input: unknown, path: readonly PropertyKey[], expected: string): void {
    const isMissing = input === undefined;
    const found =
      Array.isArray(input) && /entr(y|ies)$/.test(expected)
        ? `has ${input.length} entries`
        : `found ${shown(input)}`;
    problems.push({
      file,
      ...(isMissing ? source.keyPlaceOf(path) : source.placeOf(path)),
      path: pathText(path),
      found: isMissing ? "is missing" : found,
      expected,
    });
  }
}

function expectedText({ code, input, message, minimum, maximum, expected, values }: Issue): string {
  switch (code) {
    case "too_small":
      return minimum === 1 ? "at least one entry" : `at least ${minimum} entries`;
    case "too_big":
      return `at most ${maximum} entries`;
    case "invalid_type":
      return KINDS[expected ?? ""] ?? String(expected);
    case "invalid_value":
      return choiceText(input, values ?? []);
    default:
      return message;
  }
}

/** The part of zod's definitions that leads from a path to the keys that are known there. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, Defined>>;
  readonly innerType?: Defined;
  readonly element?: Defined;
  readonly options?: readonly Defined[];
  readonly getter?: () => Defined;
}
interface Defined {
  readonly _zod: { readonly def: Definition };
}

function definitions({ _zod: { def } }: Defined): Definition[] {
  if (def.innerType) return definitions(def.innerType);
  if (def.getter) return definitions(def.getter());
  if (def.options) return def.options.flatMap(definitions);
  return [def];
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  let at = definitions(configSchema as unknown as Defined);
  for (const part of path)
    at = at.flatMap(({ element, shape }) => {
      const next = typeof part === "number" ? element : shape?.[String(part)];
      return next === undefined ? [] : definitions(next);
    });
  return at.flatMap(({ shape }) => Object.keys(shape ?? {}));
}

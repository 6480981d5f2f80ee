import type { JsonPlace, Visit } from "../document/rewrite.ts";
import type { CompiledRules } from "../policy/compile.ts";
import type { Values } from "../values.ts";

type Path = readonly (string | number)[];

/** What rules and detectors make of the values and names of JSON documents. */
export interface JsonVisit {
  readonly visit: Visit<JsonPlace>;
  /** Whether an object or array is removed as a whole. */
  removes(path: Path): boolean;
}

export function createJsonVisit({ json }: CompiledRules, values: Values): JsonVisit {
  const orderFor = (path: Path) => json.find(({ test }) => test.matches(path));
  const orderWithin = (path: Path) =>
    json.find(({ test }) => test.matches(path) || test.matchesAncestor(path));
  const removes = (path: Path) => orderFor(path)?.action.kind === "remove";

  return {
    removes,
    visit(place, value) {
      const { path, isName, isLiteral } = place;
      const where = { kind: "json", name: path } as const;
      if (isName) {
        const rule = json.length === 0 ? undefined : orderFor(path);
        return rule?.action.kind === "remove"
          ? values.obey(rule, value, where)
          : values.clean(value, where);
      }
      const rule = json.length === 0 ? undefined : orderWithin(path);
      if (rule !== undefined) return values.obey(rule, value, where);
      if (isLiteral) return value;
      const name = path.at(-1);
      return values.clean(value, where, typeof name === "string" ? name : undefined);
    },
  };
}

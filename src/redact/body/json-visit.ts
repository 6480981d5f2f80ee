import type { JsonPathTest, PathState } from "../document/json-path.ts";
import type { JsonPlace, Visit } from "../document/rewrite.ts";
import type { CompiledRules } from "../policy/compile.ts";
import type { Values } from "../values.ts";

type Path = JsonPlace["path"];
type Containers = JsonPlace["containers"];

const DECIMAL = /^(-?\d{1,40})(?:\.(\d{1,40}))?(?:[eE]\+?(\d{1,2}))?$/;

/** No number that detectors look for is shorter. */
const MIN_CHARS = 11;

/** A whole number that is written as a fraction, as many programs write large ones: `4.5e15`. Undefined: it is none, or plain already. */
function wholeNumber(text: string): string | undefined {
  const isShort = text.length < MIN_CHARS && !/[eE]/.test(text);
  const found = !isShort && /[.eE]/.test(text) ? DECIMAL.exec(text) : null;
  if (found === null) return undefined;
  const [, whole = "", fraction = "", exponent = "0"] = found;
  const digits = fraction.replace(/0+$/, "");
  const shift = Number(exponent);
  return digits.length > shift ? undefined : whole + digits.padEnd(shift, "0");
}

/** What rules and detectors make of the values and names of JSON documents. */
export interface JsonVisit {
  readonly visit: Visit<JsonPlace>;
  /** Whether an object or array is removed as a whole. */
  removes(path: Path, containers: Containers): boolean;
}

export function createJsonVisit({ json }: CompiledRules, values: Values): JsonVisit {
  const states = json.map(({ test }) => createWalk(test));

  /** The first rule that means the place itself; or, for `isWithin`, an object or array that it lies in. */
  function orderFor(path: Path, containers: Containers, isWithin: boolean) {
    return json.find(({ test }, i) => {
      const state = states[i]?.(path, containers) ?? 0;
      return test.isMatch(state) || (isWithin && test.isWithin(state));
    });
  }

  return {
    removes: (path, containers) => orderFor(path, containers, false)?.action.kind === "remove",
    visit(place, value) {
      const { path, containers, isName, isLiteral } = place;
      const where = { kind: "json", name: path } as const;
      const rule = json.length === 0 ? undefined : orderFor(path, containers, !isName);
      if (isName)
        return rule?.action.kind === "remove"
          ? values.obey(rule, value, where)
          : values.clean(value, where);
      if (rule !== undefined) return values.obey(rule, value, where);
      if (isLiteral) return value;
      const last = path.at(-1);
      const name = typeof last === "string" ? last : undefined;
      const whole = place.isNumber ? wholeNumber(value) : undefined;
      if (whole === undefined) return values.clean(value, where, name);
      const cleaned = values.clean(whole, where, name);
      return cleaned === whole ? value : cleaned;
    },
  };
}

/** Where paths stand. What is known of an object or array is not found out again for each value in it: documents may be deep. */
function createWalk(test: JsonPathTest): (path: Path, containers: Containers) => PathState {
  /** Per level: the container that is known, and where its own path stands. */
  const known: number[] = [];
  const states: PathState[] = [];
  return (path, containers) => {
    const last = path.length - 1;
    if (last < 0) return test.start;
    let level = last;
    while (level >= 0 && known[level] !== containers[level]) level--;
    for (level++; level <= last; level++) {
      const outer = path[level - 1];
      states[level] =
        outer === undefined ? test.start : test.advance(states[level - 1] ?? test.start, outer);
      known[level] = containers[level] ?? 0;
    }
    return test.advance(states[last] ?? test.start, path[last] ?? 0);
  };
}

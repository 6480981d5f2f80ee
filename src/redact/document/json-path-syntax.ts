import { type JsonPathFault, type JsonPathStep, MAX_STEPS } from "./json-path-step.ts";

const SPACE = /[ \t\n\r]*/y;
const SHORTHAND = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*/y;
const INDEX = /(?:0|[1-9][0-9]*)/y;
const CLOSE = /[ \t\n\r]*\]/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 9535 does not allow them in a name.
const SINGLE_QUOTED = /'((?:[^'\\\x00-\x1f]|\\(?:[bfnrt/\\']|u[0-9A-Fa-f]{4}))*)'/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 9535 does not allow them in a name.
const DOUBLE_QUOTED = /"((?:[^"\\\x00-\x1f]|\\(?:[bfnrt/\\"]|u[0-9A-Fa-f]{4}))*)"/y;
const ESCAPE = /\\(?:u([0-9A-Fa-f]{4})|(.))/g;
const NAMED: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** The steps of a path, or where and why it is none. */
export function parseJsonPath(path: string): readonly JsonPathStep[] | JsonPathFault {
  const steps: JsonPathStep[] = [];
  if (!path.startsWith("$")) return fault(0, "A JSON path begins with $, as in $.user.email.");
  let at = 1;

  /** Takes what `pattern` finds here; undefined: it is not here. */
  function take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(path) ?? undefined;
    if (found !== undefined) at = pattern.lastIndex;
    return found;
  }

  function takeBracketed(): JsonPathFault | undefined {
    at++;
    take(SPACE);
    const quoted = take(SINGLE_QUOTED) ?? take(DOUBLE_QUOTED);
    if (quoted !== undefined) steps.push(nameStep(unescaped(quoted[1] ?? "")));
    else if (path[at] === "*") {
      at++;
      steps.push({ kind: "any" });
    } else {
      const index = take(INDEX);
      if (index === undefined) return bracketFault(path, at);
      steps.push({ kind: "index", index: Number(index[0]) });
    }
    return take(CLOSE) === undefined ? bracketFault(path, at) : undefined;
  }

  for (;;) {
    take(SPACE);
    if (steps.length > MAX_STEPS)
      return fault(at, `More than ${MAX_STEPS} steps are not supported.`);
    if (at === path.length) return endsInSpace(path) ? fault(at, SPACE_AT_END) : steps;
    const isDescent = path.startsWith("..", at);
    if (isDescent) {
      at += 2;
      steps.push({ kind: "descend" });
    }
    if (path[at] === "[") {
      const found = takeBracketed();
      if (found !== undefined) return found;
      continue;
    }
    if (!isDescent && path[at] !== ".")
      return fault(at, "After $ and after each name come .name, ['name'], [0], .* or ..name.");
    if (!isDescent) at++;
    const name = take(SHORTHAND);
    if (name !== undefined) steps.push(nameStep(name[0]));
    else if (path[at] === "*") {
      at++;
      steps.push({ kind: "any" });
    } else return fault(at, "After a dot comes a name of letters, digits and _, or *.");
  }
}

const SPACE_AT_END = "White space is not allowed at the end of a JSON path.";

function endsInSpace(path: string): boolean {
  return /[ \t\n\r]$/.test(path);
}

function bracketFault(path: string, at: number): JsonPathFault {
  switch (path[at]) {
    case ",":
      return fault(
        at,
        "Several selectors in one pair of brackets are not supported: write a rule for each.",
      );
    case ":":
      return fault(at, "Slices are not supported: write [*], or an index.");
    case "?":
      return fault(at, "Filters are not supported: a rule looks at places, not at other values.");
    case "-":
      return fault(
        at,
        "Indices from the end are not supported: a value is decided before the end is known.",
      );
    default:
      return fault(at, "In brackets stands 'name', \"name\", an index or *, and then ].");
  }
}

function fault(at: number, message: string): JsonPathFault {
  return { kind: "fault", at, message };
}

/** Documents are looked at as bytes, so the name is too. */
function nameStep(name: string): JsonPathStep {
  return { kind: "name", name: Buffer.from(name, "utf8").toString("latin1") };
}

function unescaped(name: string): string {
  return name.replace(ESCAPE, (_, hex: string | undefined, char = "") =>
    hex === undefined ? (NAMED[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** One `name=value` behind a header value, with where it stands in the text that it was read from. */
export interface Parameter {
  /** In lower case. */
  readonly name: string;
  /** Quotes and backslashes undone. */
  readonly value: string;
  /** From the semicolon before it … */
  readonly start: number;
  /** The value as written, with its quotes. */
  readonly valueStart: number;
  /** … to the end of the value. */
  readonly end: number;
}

const PARAMETER =
  /[ \t]*;[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\\r\n]|\\[^\r\n])*)"|([^ \t\r\n;"\\]+))/y;
/** Nobody needs more; comparing each with each would take long. */
const MAX_PARAMETERS = 16;
const NOTHING = /[ \t]*;/y;
const END = /[ \t]*$/y;
const ESCAPE = /\\(["\\])/g;

/**
 * The parameters from `at` to the end of a header value; undefined: they are not well-formed, or one comes twice, so that readers could
 * disagree about what is meant. A backslash before anything but a quote or a backslash stands for itself, as in file names.
 */
export function parseParameters(text: string, at: number): readonly Parameter[] | undefined {
  const parameters: Parameter[] = [];
  for (let from = at; ; ) {
    END.lastIndex = from;
    if (END.test(text)) return parameters;
    PARAMETER.lastIndex = from;
    const found = PARAMETER.exec(text);
    if (found === null) {
      NOTHING.lastIndex = from;
      if (!NOTHING.test(text)) return undefined;
      from = NOTHING.lastIndex;
      continue;
    }
    const name = (found[1] ?? "").toLowerCase();
    if (parameters.length === MAX_PARAMETERS) return undefined;
    if (parameters.some((other) => other.name === name)) return undefined;
    const quoted = found[2];
    const written = quoted === undefined ? (found[3] ?? "") : `"${quoted}"`;
    const end = PARAMETER.lastIndex;
    const value = quoted === undefined ? written : quoted.replace(ESCAPE, "$1");
    parameters.push({ name, value, start: from, valueStart: end - written.length, end });
    from = end;
  }
}

/**
 * A quoted parameter value. Line breaks and quotes are written as browsers do: some readers end the value at a quote even behind a
 * backslash. A backslash is doubled: others take it for an escape.
 */
export function quoteParameter(value: string): string {
  const escaped = value
    .replaceAll("\\", "\\\\")
    .replaceAll('"', "%22")
    .replaceAll("\r", "%0D")
    .replaceAll("\n", "%0A");
  return `"${escaped}"`;
}

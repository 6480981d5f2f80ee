/** What a stream can show. */
export interface Style {
  readonly colour: boolean;
  readonly unicode: boolean;
}

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}

function speaksUtf8(env: Environment): boolean {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find(isSet);
  return locale !== undefined && /utf-?8/i.test(locale);
}

/**
 * What this one stream can show: colour only on a terminal that is not dumb and when NO_COLOR is unset; symbols beyond
 * ASCII unless the terminal is dumb or the locale is not UTF-8.
 */
export function detectStyle(stream: { readonly isTTY?: boolean }, env: Environment): Style {
  const dumb = env["TERM"] === "dumb";
  return {
    colour: stream.isTTY === true && !dumb && !isSet(env["NO_COLOR"]),
    unicode: !dumb && speaksUtf8(env),
  };
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Colour = keyof typeof CODES;

/** The text in that colour, or unchanged where the style has none. */
export function paint(style: Style, colour: Colour, text: string): string {
  return style.colour ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
}

const SYMBOLS = {
  ok: ["√", "+"],
  warning: ["‼", "!"],
  error: ["×", "x"],
  unknown: ["?", "?"],
  failed: ["✗", "x"],
  arrow: ["→", "->"],
  ellipsis: ["…", "..."],
  times: ["×", "x"],
  dot: ["·", "-"],
  micro: ["µ", "u"],
} as const;

/** A symbol, or what stands for it in ASCII. */
export function symbol(style: Style, name: keyof typeof SYMBOLS): string {
  return SYMBOLS[name][style.unicode ? 0 : 1];
}

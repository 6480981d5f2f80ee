/**
 * The flags of a command as text, by their name. A repeatable flag is a list on the command line and one text in its environment
 * variable.
 */
export type RawFlags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Between the values of a repeatable flag. */
export const WORDS = /[\s,]+/;
/** For values that may hold spaces and commas. */
export const LINES = /[\r\n]+/;

export function text(flags: RawFlags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

/** The values of a repeatable flag, each cut at `separator`: how an environment variable holds several. */
export function list(flags: RawFlags, name: string, separator: RegExp): string[] {
  const value = flags[name];
  const given = typeof value === "string" ? [value] : Array.isArray(value) ? value : [];
  return given.flatMap((one: string) => one.split(separator)).filter((one) => one !== "");
}

/** A flag's value under the name that it has in a rules file; nothing when the flag is not given. */
export function given<K extends string, T>(
  key: K,
  value: string | undefined,
  parse: (value: string) => T,
): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: parse(value) } as { [P in K]?: T });
}

import { Flags } from "@oclif/core";

/** A flag's twin in the environment: `max-rps` is SHADOWTAP_MAX_RPS. */
export function environmentName(flag: string): string {
  return `SHADOWTAP_${flag.replaceAll("-", "_").toUpperCase()}`;
}

/** Gives every flag its twin in the environment, unless it names another one itself. */
export function withEnvironment<T extends Record<string, object>>(flags: T): T {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      "env" in flag && flag.env !== undefined ? flag : { ...flag, env: environmentName(name) },
    ]),
  ) as T;
}

/** Settings of a flag that may be given several times, taking one value each time. */
export const REPEATABLE = { multiple: true, multipleNonGreedy: true } as const;

/** A flag that takes one value. A default is for the help: only what was given is passed on. */
export function valueFlag(helpGroup: string, helpValue: string, summary: string, value?: string) {
  return Flags.string({
    summary,
    helpGroup,
    helpValue,
    ...(value === undefined ? {} : { default: value }),
  });
}

/** A flag that may be given several times. */
export function listFlag(helpGroup: string, helpValue: string, summary: string) {
  return Flags.string({ summary, helpGroup, helpValue, ...REPEATABLE });
}

/** A flag that takes one of a few words. */
export function choiceFlag(
  helpGroup: string,
  options: readonly string[],
  summary: string,
  value?: string,
) {
  return Flags.string({
    summary,
    helpGroup,
    options: [...options],
    ...(value === undefined ? {} : { default: value }),
  });
}

/** A flag that takes no value. */
export function switchFlag(helpGroup: string, summary: string) {
  return Flags.boolean({ summary, helpGroup });
}

/** What the parser found out about a command line. */
interface Parsed {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly metadata: {
    readonly flags: Readonly<
      Record<string, { readonly setFromDefault?: boolean | undefined } | undefined>
    >;
  };
  readonly raw: readonly { readonly type: string; readonly flag?: string }[];
}

type Given = Record<string, string | boolean | readonly string[] | undefined>;

/** The flags that were given, on the command line or in the environment. */
export function givenFlags({ flags, metadata }: Parsed): Given {
  return Object.fromEntries(
    Object.entries(flags).filter(([name]) => metadata.flags[name]?.setFromDefault !== true),
  ) as Given;
}

/** Where each flag that was given stands: `--hook`, or the name of its environment variable. */
export function flagOrigins(parsed: Parsed): ReadonlyMap<string, string> {
  const typed = new Set(parsed.raw.map(({ type, flag }) => (type === "flag" ? flag : undefined)));
  return new Map(
    Object.keys(givenFlags(parsed)).map((name) => [
      name,
      typed.has(name) ? `--${name}` : environmentName(name),
    ]),
  );
}

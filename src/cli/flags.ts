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

import type { Redacted } from "../model/redaction.ts";

/** The one place where the brand is made. Only `redact` may call it; test/architecture.ts holds that. */
export function asRedacted<T>(value: T): Redacted<T> {
  return value as Redacted<T>;
}

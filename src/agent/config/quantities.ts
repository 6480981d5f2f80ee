/**
 * Quantities as people write them, read the same from a flag and from a rules file. Each returns undefined for text that
 * is none; limits are the caller's.
 */

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const SIZE_UNITS: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** `500ms`, `30s`, `1m30s`, `2h`, in milliseconds. */
export function readDurationMs(text: string): number | undefined {
  if (!/^(\d{1,12}(\.\d{1,12})?(ms|s|m|h)){1,8}$/.test(text)) return undefined;
  let sumMs = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    sumMs += Number(number) * (DURATION_UNITS[unit ?? ""] ?? 0);
  return sumMs;
}

/** `16MiB`, in bytes. */
export function readSizeBytes(text: string): number | undefined {
  const match = /^(\d{1,12})\s?(KiB|MiB|GiB)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * (SIZE_UNITS[match[2] ?? ""] ?? 0);
}

/** Digits, with a point before decimals. */
export function readNumber(text: string): number | undefined {
  return /^\d{1,16}(\.\d{1,16})?$/.test(text) ? Number(text) : undefined;
}

/** Digits only. */
export function readInteger(text: string): number | undefined {
  return /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

/** `12.5` or `12.5%`, as 12.5. */
export function readPercent(text: string): number | undefined {
  return readNumber(text.replace(/\s?%$/, ""));
}

/** `<1%`, `1%`: an upper bound in percent, as a share of 0 … 1. */
export function readRatioBound(text: string): number | undefined {
  const percent = /%$/.test(text) ? readPercent(text.replace(/^<\s?/, "")) : undefined;
  return percent === undefined || percent > 100 ? undefined : percent / 100;
}

/** `<500ms`, `500ms`: an upper bound in milliseconds. */
export function readDurationBound(text: string): number | undefined {
  return readDurationMs(text.replace(/^<\s?/, ""));
}

/** `1/1000`: numerator and denominator. */
export function readFraction(text: string): { numerator: number; denominator: number } | undefined {
  const match = /^(\d{1,10})\/(\d{1,10})$/.exec(text);
  if (match === null) return undefined;
  return { numerator: Number(match[1]), denominator: Number(match[2]) };
}

/** A number as it is, NaN for anything else. Not `Number()`: what is read from a file has no prototype, and would throw. */
export function numberOf(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}

/** 0 … 100 of a percentage as a number or as text, with or without the sign; NaN for anything else. */
export function percentOf(value: unknown): number {
  return typeof value === "string" ? (readPercent(value) ?? Number.NaN) : numberOf(value);
}

/** Bytes of a size as a number or as text; NaN for anything else. */
export function bytesOf(value: unknown): number {
  return typeof value === "string" ? (readSizeBytes(value) ?? Number.NaN) : numberOf(value);
}

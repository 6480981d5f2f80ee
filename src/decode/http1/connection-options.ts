import { equalsIgnoringCase, isBlank } from "./char-class.ts";

/** The options of a Connection field that matter here, as bits; RFC 9110 section 7.6.1. */
export const ConnectionOption = { close: 1, keepAlive: 2, upgrade: 4 } as const;

/** The `ConnectionOption` bits of one Connection value, a list separated by commas. */
export function connectionOptions(bytes: Uint8Array, start: number, end: number): number {
  let options = 0;
  let from = start;
  while (from < end) {
    let to = from;
    while (to < end && bytes[to] !== 0x2c) to++;
    const next = to + 1;
    while (from < to && isBlank(bytes[from] as number)) from++;
    while (to > from && isBlank(bytes[to - 1] as number)) to--;
    if (equalsIgnoringCase(bytes, from, to, "close")) options |= ConnectionOption.close;
    else if (equalsIgnoringCase(bytes, from, to, "keep-alive"))
      options |= ConnectionOption.keepAlive;
    else if (equalsIgnoringCase(bytes, from, to, "upgrade")) options |= ConnectionOption.upgrade;
    from = next;
  }
  return options;
}

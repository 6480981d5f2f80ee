import { isPlainMethod, OTHER_METHODS } from "../model/request.ts";

/** A line shows this many bytes of a path. */
const MAX_PATH_BYTES = 512;

const UNPRINTABLE = /[^\x21-\x7e]/;
const EACH_UNPRINTABLE = /[^\x21-\x7e]/gu;

function escapeOne(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/**
 * Text from the wire as visible ASCII: whatever could steer a terminal or break a line in two is written as `\x1b` or
 * `\u{2026}`.
 */
export function visible(text: string): string {
  return UNPRINTABLE.test(text) ? text.replace(EACH_UNPRINTABLE, escapeOne) : text;
}

/** Like `visible`, with spaces kept: for sentences that quote what a user or a file said. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, escapeOne);
}

/** The path as visible ASCII, or its first 512 bytes and the mark. */
export function visiblePath(path: string, mark: string): string {
  return path.length <= MAX_PATH_BYTES
    ? visible(path)
    : visible(path.slice(0, MAX_PATH_BYTES)) + mark;
}

/** The path, or its first 512 bytes and U+2026: for formats that have their own escapes. */
export function cutPath(path: string): string {
  return path.length <= MAX_PATH_BYTES ? path : `${path.slice(0, MAX_PATH_BYTES)}\u2026`;
}

/** The method as it may be printed. */
export function shownMethod(method: string): string {
  return isPlainMethod(method) ? method : OTHER_METHODS;
}

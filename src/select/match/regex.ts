import { RE2JS } from "re2js";
import { asciiLowerCase, type BytesTest, latin1Text } from "./bytes.ts";

/** Longer patterns are refused before they are parsed. */
const MAX_LENGTH = 1000;
/** Instructions of a compiled pattern. The time of a match is at worst proportional to them, for each byte. */
const MAX_INSTRUCTIONS = 300;

function compile(value: string): RE2JS | string {
  if (value.length > MAX_LENGTH)
    return `it is ${value.length} characters long, and ${MAX_LENGTH} are the most`;
  try {
    const regex = RE2JS.compile(value);
    const instructions = regex.programSize();
    if (instructions > MAX_INSTRUCTIONS)
      return `it needs ${instructions} instructions when its repetitions are written out, and ${MAX_INSTRUCTIONS} are the most`;
    return regex;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return reason.replace(/^error parsing regexp: /, "").replaceAll("`", "'");
  }
}

/**
 * Why a regular expression is refused, as the end of a sentence; undefined when it is not. RE2 syntax has nothing that takes
 * more than linear time, and bounding the size of the program bounds what each byte may cost.
 */
export function regexFault(value: string): string | undefined {
  const compiled = compile(value);
  return typeof compiled === "string" ? compiled : undefined;
}

/** Compiles a regular expression that must match the whole of the bytes. Throws when `regexFault` has something to say. */
export function compileRegex(value: string, lowerCase = false): BytesTest {
  const regex = compile(value);
  if (typeof regex === "string") throw new RangeError(`Regular expression: ${regex}.`);
  return (bytes, start, end) => {
    const text = latin1Text(bytes, start, end);
    return regex.testExact(lowerCase ? asciiLowerCase(text) : text);
  };
}

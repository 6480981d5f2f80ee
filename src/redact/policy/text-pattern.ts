import { RE2JS } from "re2js";

/** Longer patterns are refused before they are parsed. */
const MAX_LENGTH = 1000;
/** Instructions of a compiled pattern: what each character of a body may cost at worst. */
const MAX_INSTRUCTIONS = 300;

/** A compiled pattern, or why it is refused, as the end of a sentence. */
export function compilePattern(pattern: string): RE2JS | string {
  if (pattern.length > MAX_LENGTH)
    return `it is ${pattern.length} characters long, and ${MAX_LENGTH} are the most`;
  // Bodies are matched byte by byte, where a letter beyond ASCII is several.
  if (/[^ -~\t]/.test(pattern)) return "it holds characters beyond ASCII; write bytes as \\x{c3}";
  try {
    const regex = RE2JS.compile(pattern);
    const instructions = regex.programSize();
    if (instructions > MAX_INSTRUCTIONS)
      return `it needs ${instructions} instructions when its repetitions are written out, and ${MAX_INSTRUCTIONS} are the most`;
    return regex.matches("") ? "it matches the empty text" : regex;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return reason.replace(/^error parsing regexp: /, "").replaceAll("`", "'");
  }
}

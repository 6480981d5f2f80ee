const QUANTIFIERS = "*+?{";

/**
 * The text that every value begins with that the whole of this RE2 expression matches; empty when that is not certain. Reads
 * plain and escaped punctuation characters of ASCII up to the first thing that means something else.
 */
export function regexPrefix(expression: string): string {
  if (hasAlternatives(expression)) return "";
  let prefix = "";
  let at = expression.startsWith("^") ? 1 : 0;
  if (at === 1 && isQuantifier(expression[at])) return "";
  while (at < expression.length) {
    let character = expression[at] as string;
    let next = at + 1;
    if (character === "\\") {
      character = expression[next++] ?? "";
      if (!/^[!-/:-@[-`{-~]$/.test(character)) break;
    } else if (!/^[ -~]$/.test(character) || ".^$*+?{}()[]|".includes(character)) break;
    const quantifier = expression[next];
    // x+ is at least one x; after the others there may be none.
    if (quantifier === "+") return prefix + character;
    if (isQuantifier(quantifier)) return prefix;
    prefix += character;
    at = next;
  }
  return prefix;
}

function isQuantifier(character: string | undefined): boolean {
  return character !== undefined && QUANTIFIERS.includes(character);
}

/** Whether `|` may stand outside of all groups; `\Q…\E` is not read and counts as yes. */
function hasAlternatives(expression: string): boolean {
  let depth = 0;
  for (let at = 0; at < expression.length; at++) {
    const character = expression[at];
    if (character === "\\") {
      at++;
      if (expression[at] === "Q" || expression[at] === "E") return true;
    } else if (character === "[") at = classEnd(expression, at);
    else if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (character === "|" && depth <= 0) return true;
  }
  return false;
}

/** Where the bracket expression ends that begins at `from`. A `]` that comes first stands for itself. */
function classEnd(expression: string, from: number): number {
  let at = from + 1;
  if (expression[at] === "^") at++;
  if (expression[at] === "]") at++;
  for (; at < expression.length && expression[at] !== "]"; at++) {
    if (expression[at] === "\\") at++;
    else if (expression[at] === "[" && expression[at + 1] === ":") {
      const end = expression.indexOf(":]", at + 2);
      if (end > 0) at = end + 1;
    }
  }
  return at;
}

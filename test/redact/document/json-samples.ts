import type { JsonPlace, Visit } from "../../../src/redact/document/rewrite.ts";
import { fc } from "../../fuzz/property.ts";

/** One character per byte of the UTF-8 of a text, as documents are handed to the rewriters. */
export function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

export function textOf(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

export const keepAll: Visit<unknown> = (_, value) => value;

/** JSON documents in many spellings: indented or not, characters escaped or not. */
export const jsonText: fc.Arbitrary<string> = fc
  .tuple(
    fc.jsonValue({ stringUnit: "grapheme", maxDepth: 4 }),
    fc.constantFrom(undefined, 1, "\t"),
    fc.constantFrom(0, 1, 2),
  )
  .map(([value, indent, escapes]) => {
    const text = JSON.stringify(value, undefined, indent);
    if (escapes === 0) return text;
    return text.replace(escapes === 1 ? /[^\0-~]/g : /[^\0-~]|[b-m](?=[^"\\]*":)/g, unicodeEscape);
  })
  .filter((text) => isJson(text));

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const FRAGMENTS = [..."{}[]:,\"\\ \n\t\0-+.eE019u\x7f\x80\xa0\xef\u00ff\x1f/'"].concat([
  "\\u12",
  "\\ud800",
  "\\x",
  "null",
  "true",
  "NaN",
  "1e999",
  "-0",
  "01",
  '"":',
  "[[",
  "\xef\xbb\xbf",
]);

/** Documents that were damaged in a few places. */
export const mutatedJson: fc.Arbitrary<string> = fc
  .tuple(
    jsonText,
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 3), fc.constantFrom("", ...FRAGMENTS)), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([text, changes]) => {
    let bytes = bytesOf(text);
    for (const [where, length, fragment] of changes) {
      const at = where % (bytes.length + 1);
      bytes = bytes.slice(0, at) + fragment + bytes.slice(at + length);
    }
    return bytes;
  });

export interface Shown {
  readonly path: string;
  readonly kind: "name" | "number" | "literal" | "string";
  readonly value: string;
}

/** Notes what it is shown. */
export function recorder(answer: Visit<JsonPlace> = keepAll): {
  readonly shown: Shown[];
  readonly visit: Visit<JsonPlace>;
} {
  const shown: Shown[] = [];
  return {
    shown,
    visit(place, value) {
      const kind = place.isName
        ? "name"
        : place.isNumber
          ? "number"
          : place.isLiteral
            ? "literal"
            : "string";
      shown.push({ path: ["$", ...place.path].join("."), kind, value });
      return answer(place, value);
    },
  };
}

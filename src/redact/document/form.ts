import { decodePercent, encodePercent } from "./percent.ts";
import type { FormPlace, Rewritten, Visit } from "./rewrite.ts";

/**
 * Rewrites `application/x-www-form-urlencoded`, as the URL standard reads it: any text is a form, but zero bytes are signs of a character set
 * that cannot be looked into. A name without `=` has an empty value.
 * Only the names and values that are replaced are encoded anew; removed pairs go with one `&`.
 */
export function rewriteForm(text: string, visit: Visit<FormPlace>): Rewritten {
  if (text.includes("\0")) return { kind: "refused", reason: "unparsable" };
  const place = { kind: "form" as const, name: "", isName: false, ...NO_PART };
  const pairs = text.split("&");
  let kept = 0;
  let isChanged = false;
  for (const pair of pairs) {
    const rewritten = pair === "" ? pair : rewritePair(pair, place, visit);
    isChanged ||= rewritten !== pair;
    if (rewritten !== undefined) pairs[kept++] = rewritten;
  }
  if (!isChanged) return { kind: "text", text };
  pairs.length = kept;
  return { kind: "text", text: pairs.join("&") };
}

const NO_PART = { header: undefined, contentType: undefined };

function rewritePair(
  pair: string,
  place: { -readonly [K in keyof FormPlace]: FormPlace[K] },
  visit: Visit<FormPlace>,
): string | undefined {
  const equals = pair.indexOf("=");
  const nameEnd = equals < 0 ? pair.length : equals;
  const name = decodePercent(pair.slice(0, nameEnd), true);
  place.name = name;
  place.isName = true;
  const newName = visit(place, name);
  if (newName === undefined) return undefined;
  place.isName = false;
  const value = equals < 0 ? "" : decodePercent(pair.slice(equals + 1), true);
  const newValue = visit(place, value);
  if (newValue === undefined) return undefined;
  if (newName === name && newValue === value) return pair;
  const nameText = newName === name ? pair.slice(0, nameEnd) : encodePercent(newName);
  const rest = newValue === value ? pair.slice(nameEnd) : `=${encodePercent(newValue)}`;
  return nameText + rest;
}

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
  const rawName = pair.slice(0, nameEnd);
  place.name = decodePercent(rawName, true);
  place.isName = true;
  const newName = rewritePart(rawName, place, visit);
  if (newName === undefined) return undefined;
  place.isName = false;
  const rawValue = equals < 0 ? "" : pair.slice(equals + 1);
  const newValue = rewritePart(rawValue, place, visit);
  if (newValue === undefined) return undefined;
  if (newName === rawName && newValue === rawValue) return pair;
  return equals < 0 && newValue === "" ? newName : `${newName}=${newValue}`;
}

/** A name or value as it stands, or its replacement encoded. */
function rewritePart(raw: string, place: FormPlace, visit: Visit<FormPlace>): string | undefined {
  const value = decodePercent(raw, true);
  const replaced = visit(place, value);
  if (replaced !== value) return replaced === undefined ? undefined : encodePercent(replaced);
  // curl calls whatever it sends a form: in JSON a plus sign is one, and begins a phone number.
  if (!raw.includes("+")) return raw;
  const literal = decodePercent(raw, false);
  const second = visit(place, literal);
  if (second === undefined) return undefined;
  return second === literal ? raw : encodePercent(second);
}

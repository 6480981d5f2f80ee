import type { RedactionAction } from "../model/redaction.ts";
import type { Act } from "./act/act.ts";
import type { Scan } from "./detect/detector.ts";
import { unveil } from "./detect/unveil.ts";
import { encodeJsonString } from "./document/json-string.ts";
import { findingsIn, type OnReplaced, rewriteSeen, type Seen } from "./rewrite-findings.ts";

/** A document within a string within a string is as deep as programs go. */
const MAX_LAYERS = 3;
/** Most texts hold none of these, and then one quick look is all. */
const ANY_VEIL = /[\\+\x80-\xff]/;

/** A plus sign that forms write for a blank, as in an address that a header quotes. */
const PLUS_BLANK = /[0-9]\+[0-9A-Za-z]/;

/**
 * Replaces what detectors find only once escapes and look-alikes are undone (unveil.ts); all around it stays byte for byte. The very same
 * string: nothing was found.
 */
export function rewriteVeiled(
  text: string,
  scan: Scan,
  act: Act,
  action: RedactionAction,
  onReplaced: OnReplaced | undefined,
): string {
  if (!ANY_VEIL.test(text)) return text;
  return rewriteSeen(text, (current) => lookThrough(current, scan), act, action, onReplaced);
}

/** The first layer that anything is found in. */
function lookThrough(text: string, scan: Scan): Seen | undefined {
  let plain = text;
  let starts: Int32Array | undefined;
  for (let layer = 1; layer <= MAX_LAYERS; layer++) {
    const next = unveil(plain);
    if (next === undefined) break;
    const outer: Int32Array | undefined = starts;
    starts = outer === undefined ? next.starts : next.starts.map((at) => outer[at] ?? text.length);
    plain = next.text;
    const findings = findingsIn(plain, scan);
    if (findings.length === 0) continue;
    const map = starts;
    const startOf = (at: number) => map[at] ?? text.length;
    return { text: plain, findings, startOf, written: (standIn) => escaped(standIn, text, layer) };
  }
  if (!text.includes("+") || !PLUS_BLANK.test(text)) return undefined;
  const spaced = text.replaceAll("+", " ");
  const findings = findingsIn(spaced, scan);
  if (findings.length === 0) return undefined;
  const written = (standIn: string) => standIn.replaceAll(" ", "+");
  return { text: spaced, findings, startOf: (at) => at, written };
}

/** Where a text has escapes of its own, what is put into it needs them, too. */
function escaped(standIn: string, text: string, layers: number): string {
  let written = standIn;
  if (text.includes("\\"))
    for (let layer = 0; layer < layers; layer++) written = encodeJsonString(written).slice(1, -1);
  return written;
}

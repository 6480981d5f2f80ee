import type { RedactionAction } from "../model/redaction.ts";
import type { Act } from "./act/act.ts";
import { isStandIn } from "./act/is-stand-in.ts";
import type { Finding, Scan } from "./detect/detector.ts";

/** Told of each place that is replaced, by its detector and the lengths before and after. */
export type OnReplaced = (
  detector: Finding["detector"],
  lengthBefore: number,
  lengthAfter: number,
) => void;

/** One pass nearly always is enough. What is not clean after so many is masked whole. */
const MAX_PASSES = 4;

/** What is found in a text that was looked at in some way, where that stands in the text, and how a stand-in is written there. */
export interface Seen {
  readonly text: string;
  readonly findings: readonly Finding[];
  readonly startOf: (at: number) => number;
  readonly written: (standIn: string) => string;
}

/** The very same string: nothing was found. */
export function rewriteFindings(
  text: string,
  scan: Scan,
  act: Act,
  action: RedactionAction,
  onReplaced: OnReplaced | undefined,
): string {
  const look = (current: string): Seen | undefined => {
    const findings = findingsIn(current, scan);
    if (findings.length === 0) return undefined;
    return { text: current, findings, startOf: (at) => at, written: (standIn) => standIn };
  };
  return rewriteSeen(text, look, act, action, onReplaced);
}

/** What a scan finds that is not a stand-in already. */
export function findingsIn(text: string, scan: Scan): readonly Finding[] {
  const findings = scan(text);
  if (findings.length === 0) return findings;
  return findings.filter(
    ({ detector, start, end }) => !isStandIn(detector, text.slice(start, end)),
  );
}

/**
 * A text with everything replaced that a look at it shows. What stands beside a stand-in may together with it look like something
 * new, so the result is looked at again until nothing is seen. The very same string: nothing was.
 */
export function rewriteSeen(
  text: string,
  look: (current: string) => Seen | undefined,
  act: Act,
  action: RedactionAction,
  onReplaced: OnReplaced | undefined,
): string {
  let current = text;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const seen = look(current);
    if (seen === undefined) return current;
    const pieces: string[] = [];
    let from = 0;
    for (const { detector, start, end } of seen.findings) {
      const value = seen.text.slice(start, end);
      const standIn = act(action, detector, value) ?? "";
      onReplaced?.(detector, value.length, standIn.length);
      pieces.push(current.slice(from, seen.startOf(start)), seen.written(standIn));
      from = seen.startOf(end);
    }
    pieces.push(current.slice(from));
    current = pieces.join("");
  }
  return "*".repeat(text.length);
}

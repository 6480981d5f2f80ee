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

/**
 * A text with everything replaced that a scan finds in it. What stands beside a stand-in may together with it look like something
 * new, so the result is scanned again until nothing is found but stand-ins. The very same string: nothing was found.
 */
export function rewriteFindings(
  text: string,
  scan: Scan,
  act: Act,
  action: RedactionAction,
  onReplaced: OnReplaced | undefined,
): string {
  let current = text;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const findings = scan(current);
    if (findings.length === 0) return current;
    const parts: string[] = [];
    let end = 0;
    for (const finding of findings) {
      const value = current.slice(finding.start, finding.end);
      if (isStandIn(finding.detector, value)) continue;
      const standIn = act(action, finding.detector, value) ?? "";
      onReplaced?.(finding.detector, value.length, standIn.length);
      parts.push(current.slice(end, finding.start), standIn);
      end = finding.end;
    }
    if (parts.length === 0) return current;
    parts.push(current.slice(end));
    current = parts.join("");
  }
  return "*".repeat(text.length);
}

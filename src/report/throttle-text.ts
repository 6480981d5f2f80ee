import type { ThrottleSummary } from "../model/summary.ts";
import { formatBytes, formatMs, formatPercent, formatShare } from "./quantity.ts";

/** The limits that were set, as flags: `--max-cpu 20 % and --max-memory 256 MiB`. */
export function limitsText(limits: Pick<ThrottleSummary, "maxCpu" | "maxMemoryBytes">): string {
  const { maxCpu, maxMemoryBytes } = limits;
  return [
    ...(maxCpu === undefined ? [] : [`--max-cpu ${formatPercent(maxCpu)}`]),
    ...(maxMemoryBytes === undefined ? [] : [`--max-memory ${formatBytes(maxMemoryBytes)}`]),
  ].join(" and ");
}

/** How far shadowtap held itself back, and what to do about it; undefined when it never did. */
export function throttleText(throttle: ThrottleSummary): string | undefined {
  const { lowestAdmitted, limitedMs } = throttle;
  if (lowestAdmitted >= 1 && limitedMs === 0) return undefined;
  const limits = limitsText(throttle);
  return (
    `For ${formatMs(limitedMs)} shadowtap held itself back${limits === "" ? "" : ` to keep within ${limits}`}: ` +
    `at the lowest it let ${formatShare(lowestAdmitted, 1)} of the selected requests through. ` +
    "A higher limit, a smaller --percent or rules that select less would let all of them through."
  );
}

import type { Quantiles } from "../model/summary.ts";
import { formatMs } from "./quantity.ts";

/** Three decimals: what is measured is not more exact. */
export function rounded(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}

/** For people. */
export function quantilesText({ p50Ms, p99Ms, maxMs }: Quantiles): string {
  return `p50 ${formatMs(p50Ms)}  p99 ${formatMs(p99Ms)}  max ${formatMs(maxMs)}`;
}

/** For JSON; null where nothing was measured. */
export function quantilesDocument(of: Quantiles | undefined): object | null {
  if (of === undefined) return null;
  return { p50_ms: rounded(of.p50Ms), p99_ms: rounded(of.p99Ms), max_ms: rounded(of.maxMs) };
}

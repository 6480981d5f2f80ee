import {
  DEFAULT_DETECTORS,
  type DetectorName,
  OPT_IN_DETECTORS,
  type RedactionPolicy,
} from "../../model/redaction.ts";

export const ALL_DETECTORS: readonly DetectorName[] = [...DEFAULT_DETECTORS, ...OPT_IN_DETECTORS];

/** The detectors of a policy: those of its preset and those that it names. */
export function detectorsOf({ preset, detectors }: RedactionPolicy): readonly DetectorName[] {
  const ofPreset = preset === "standard" || preset === "strict" ? DEFAULT_DETECTORS : [];
  return [...new Set([...ofPreset, ...detectors])];
}

import type { DetectorName } from "../../model/redaction.ts";

/** A place in a text that looks like personal data: characters start … end. */
export interface Finding {
  readonly detector: DetectorName;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds one kind of personal data. Text is one character per byte (latin1), or decoded text; what is not ASCII counts as a letter of
 * words, and as no part of numbers (a currency sign may touch a number). Time is linear in the length of the text, whatever it holds.
 */
export interface Detector {
  readonly name: DetectorName;
  /** Traits (traits.ts), at least one of which every text has in which this detector finds something. */
  readonly needs: number;
  /** Findings come in order and without overlap. */
  find(text: string, onFinding: (start: number, end: number) => void): void;
}

/** What all detectors find in a text: in order, without overlap (where two overlap, the one that begins first, then the longer). */
export type Scan = (text: string) => readonly Finding[];

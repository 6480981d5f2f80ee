import type { DetectorName, RedactionAction } from "../../model/redaction.ts";

/**
 * What stands in the place of a value; undefined: nothing, it is to be removed. `detector` says what kind of value it is, so that a
 * stand-in keeps its shape (a card number stays one of a test range with a right check digit); undefined: shape by character class.
 * Deterministic for one key. Never the value itself, unless that is a stand-in for `detector` already or the text of `replace`. But for
 * that text, what is made holds nothing that any detector finds but stand-ins (is-stand-in.ts); what cannot be made so is masked.
 */
export type Act = (
  action: RedactionAction,
  detector: DetectorName | undefined,
  value: string,
) => string | undefined;

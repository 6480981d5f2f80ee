import type { DetectorName } from "../../model/redaction.ts";
import { DETECTORS } from "../detect/scan.ts";
import { STAND_INS } from "./stand-in/stand-ins.ts";

/**
 * Whether what a detector found is a stand-in already, made under whatever key. It is told by values that nobody real has (test
 * ranges, reserved domains, marks), so that it needs no key, and what was redacted once stays as it is. What follows the word `Bearer`
 * may be the stand-in of a token of another kind.
 */
export const isStandIn = (detector: DetectorName, value: string): boolean =>
  STAND_INS[detector].is(value) ||
  (detector === "bearer" && (STAND_INS.jwt.is(value) || STAND_INS.api_key.is(value)));

/** Whether no detector, whichever of them are on, finds anything but stand-ins. */
export const isClean = (text: string): boolean =>
  DETECTORS.every(({ name, find }) => {
    let clean = true;
    find(text, (start, end) => {
      clean &&= isStandIn(name, text.slice(start, end));
    });
    return clean;
  });

import { remainder97 } from "../../detect/check-digits.ts";
import { isIbanValid } from "../../detect/iban.ts";
import { ibanPattern } from "../../detect/iban-countries.ts";
import { CAPITALS, DIGITS, drawOne, intoShape } from "../draw.ts";
import { compact, type StandInMaker } from "./maker.ts";

/** The bank code begins with nines, or X where it has letters: no bank has such a one. */
const MARK_LENGTH = 4;
const markOf = (pattern: string): string =>
  pattern.slice(0, MARK_LENGTH).replaceAll("a", "X").replace(/[nc]/g, "9");

/** An IBAN of the same country with right check digits, of a bank that does not exist. */
export const ibanStandIn: StandInMaker = {
  identity: compact,
  make(value, bytes) {
    const country = compact(value).slice(0, 2);
    const pattern = ibanPattern(country) ?? "";
    let account = markOf(pattern);
    for (let i = MARK_LENGTH; i < pattern.length; i++) {
      account += drawOne(pattern[i] === "a" ? CAPITALS : DIGITS, bytes[i]);
    }
    const check = String(98 - remainder97(`${account}${country}00`)).padStart(2, "0");
    return intoShape(value, country + check + account);
  },
  is(value) {
    const iban = compact(value);
    const pattern = ibanPattern(iban.slice(0, 2));
    return (
      pattern !== undefined &&
      iban.length === pattern.length + 4 &&
      iban.startsWith(markOf(pattern), 4) &&
      isIbanValid(iban)
    );
  },
};

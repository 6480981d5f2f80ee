import { isLuhnValid, luhnCheckDigit } from "../../detect/check-digits.ts";
import { DIGITS, draw, intoShape } from "../draw.ts";
import { digitsOf, type StandInMaker } from "./maker.ts";

/**
 * First six digits that payment providers document for tests and no bank gives out, by the brand's first digit. Other brands
 * get the one of Visa.
 */
const VISA = "400000";
const MASTERCARD = "555555";
const AMEX = "370000";

const testRange = (digits: string): string => {
  if (digits.length === 15 && /^3[47]/.test(digits)) return AMEX;
  return digits.length === 16 && /^(?:5[1-5]|2[2-7])/.test(digits) ? MASTERCARD : VISA;
};

/** A card number of a test range: as many digits, its separators, a right check digit. */
export const cardStandIn: StandInMaker = {
  identity: digitsOf,
  make(value, bytes) {
    const digits = digitsOf(value);
    const range = testRange(digits);
    const body = range + draw(DIGITS, bytes, 0, digits.length - range.length - 1);
    return intoShape(value, body + luhnCheckDigit(body));
  },
  is(value) {
    const digits = digitsOf(value);
    return /^(?:400000|555555|370000)\d{6,13}$/.test(digits) && isLuhnValid(digits);
  },
};

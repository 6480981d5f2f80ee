import { DIGITS, draw, intoShape } from "../draw.ts";
import { digitsOf, type StandInMaker } from "./maker.ts";

/** A country code that is held in reserve and belongs to nobody. */
const COUNTRY_CODE = "999";

/** As many digits, with their separators, in a country that does not exist. */
export const phoneStandIn: StandInMaker = {
  identity: digitsOf,
  make(value, bytes) {
    const count = digitsOf(value).length - COUNTRY_CODE.length;
    return intoShape(value, COUNTRY_CODE + draw(DIGITS, bytes, 0, count));
  },
  is: (value) => value.startsWith("+") && digitsOf(value).startsWith(COUNTRY_CODE),
};

import { dniLetter, mod11and10CheckDigit, nirKey } from "../../detect/check-digits.ts";
import { CAPITALS, DIGITS, draw, drawOne, intoShape } from "../draw.ts";
import { compact, type StandInMaker } from "./maker.ts";

/**
 * National numbers that were never given out: right in form and check digit, and (but for Spain's) no detector takes them for real.
 */

/** Areas from 900 on are not given out; with a middle below 50 they are no taxpayer number either. */
export const usSsnStandIn: StandInMaker = {
  identity: compact,
  make(value, bytes) {
    const middle = String(1 + ((bytes[2] ?? 0) % 49)).padStart(2, "0");
    return intoShape(value, `9${draw(DIGITS, bytes, 0, 2)}${middle}${draw(DIGITS, bytes, 3, 4)}`);
  },
  is: (value) => /^9\d{8}$/.test(compact(value)),
};

/** No prefix begins with Q. */
export const ukNinoStandIn: StandInMaker = {
  identity: compact,
  make: (value, bytes) =>
    intoShape(
      value,
      `Q${drawOne(CAPITALS, bytes[0])}${draw(DIGITS, bytes, 1, 6)}${drawOne("ABCD", bytes[7])}`,
    ),
  is: (value) => /^Q[A-Z]\d{6}[A-D]$/.test(compact(value)),
};

/** Numbers that begin with 0 are set aside for tests. */
export const deTaxIdStandIn: StandInMaker = {
  identity: compact,
  make(value, bytes) {
    const body = `0${draw(DIGITS, bytes, 0, 9)}`;
    return intoShape(value, body + mod11and10CheckDigit(body));
  },
  is: (value) => /^0\d{10}$/.test(compact(value)),
};

/** No number begins with 9. */
export const frNirStandIn: StandInMaker = {
  identity: compact,
  make(value, bytes) {
    const body = `9${draw(DIGITS, bytes, 0, 12)}`;
    return intoShape(value, body + nirKey(body));
  },
  is: (value) => /^9\d{14}$/.test(compact(value)),
};

/** Numbers from 99 million on, of which test certificates are made; for residents Z9, which is far from being reached. */
export const esDniStandIn: StandInMaker = {
  identity: compact,
  make(value, bytes) {
    const random = draw(DIGITS, bytes, 0, 6);
    return /^[XYZ]/i.test(value)
      ? intoShape(value, `Z9${random}${dniLetter(`29${random}`)}`)
      : intoShape(value, `99${random}${dniLetter(`99${random}`)}`);
  },
  is: (value) => /^(?:99\d{6}|Z9\d{6})[A-Z]$/.test(compact(value)),
};

import { keyShapeAt } from "../../detect/key-shapes.ts";
import { BASE32, CAPITALS, DIGITS, draw, drawOne, HEX_DIGITS, SMALL_LETTERS } from "../draw.ts";
import type { StandInMaker } from "./maker.ts";

const BEARER_MARK = "shadowtap-0";
const MIN_BEARER_RANDOM = 16;

/** A bearer token: as long as the original where that leaves enough to tell tokens apart. */
export const bearerStandIn: StandInMaker = {
  identity: (value) => value,
  make(value, bytes) {
    const count = Math.max(MIN_BEARER_RANDOM, value.length - BEARER_MARK.length);
    return BEARER_MARK + draw(BASE32, bytes, 0, count);
  },
  is: (value) => /^shadowtap-0[a-z2-7]{16,}$/.test(value),
};

/** As in the keys that documentation shows. */
const KEY_MARK = "EXAMPLE";
const HEX_MARK = "5eed5eed5eed";
const HEX = /^(?=.*[0-9])[0-9a-f]{16,}$/i;

const sameKind = (character: string, byte: number | undefined): string => {
  if (/[0-9]/.test(character)) return drawOne(DIGITS, byte);
  if (/[a-z]/.test(character)) return drawOne(SMALL_LETTERS, byte);
  return /[A-Z]/.test(character) ? drawOne(CAPITALS, byte) : character;
};

/** A key of the same issuer's shape, as long as the original, with a mark at its end. */
export const apiKeyStandIn: StandInMaker = {
  identity: (value) => value,
  make(value, bytes) {
    if (HEX.test(value)) {
      const random = draw(HEX_DIGITS, bytes, 0, value.length - HEX_MARK.length);
      return random + HEX_MARK;
    }
    const prefix = keyShapeAt(value, 0)?.prefix ?? "";
    const padding = /=*$/.exec(value)?.[0] ?? "";
    const bodyEnd = value.length - padding.length - KEY_MARK.length;
    let body = "";
    // One character at least is a digit: that is what tells a key from a word.
    for (let i = prefix.length; i < bodyEnd; i++) {
      body += i === prefix.length ? drawOne(DIGITS, bytes[i]) : sameKind(value.charAt(i), bytes[i]);
    }
    return prefix + body + KEY_MARK + padding;
  },
  is: (value) => /EXAMPLE=*$/.test(value) || (HEX.test(value) && value.endsWith(HEX_MARK)),
};

import { BASE64URL, draw, HEX_DIGITS } from "../draw.ts";
import type { StandInMaker } from "./maker.ts";

const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString("base64url");
const CLAIMS = /^\{"iss":"shadowtap\.invalid","sub":"[0-9a-f]{32}"\}$/;
const SUBJECT_LENGTH = 32;
/** Of 32 bytes. */
const SIGNATURE_LENGTH = 43;

/** A token that can be read and has one claim, a keyed subject, of an issuer that cannot exist. Nothing of the original is in it. */
export const jwtStandIn: StandInMaker = {
  identity: (value) => value,
  make(_value, bytes) {
    const subject = draw(HEX_DIGITS, bytes, 0, SUBJECT_LENGTH);
    const claims = Buffer.from(`{"iss":"shadowtap.invalid","sub":"${subject}"}`);
    const signature = draw(BASE64URL, bytes, SUBJECT_LENGTH, SIGNATURE_LENGTH);
    return `${HEADER}.${claims.toString("base64url")}.${signature}`;
  },
  is(value) {
    const [header, claims, signature, ...rest] = value.split(".", 4);
    return (
      header === HEADER &&
      rest.length === 0 &&
      signature?.length === SIGNATURE_LENGTH &&
      CLAIMS.test(Buffer.from(claims ?? "", "base64url").toString("latin1"))
    );
  },
};

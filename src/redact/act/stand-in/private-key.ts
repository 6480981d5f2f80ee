import { BASE64URL, draw } from "../draw.ts";
import type { StandInMaker } from "./maker.ts";

/** `shadowtap` in base64. */
const MARK = "c2hhZG93dGFw";
const RANDOM_LENGTH = 52;
const FIRST_LINE = /^-----BEGIN ([A-Z0-9 ]+)-----(\r?\n|\\r\\n|\\n|)/;
const STAND_IN =
  /^-----BEGIN ([A-Z0-9 ]+)-----(\r?\n|\\r\\n|\\n|)c2hhZG93dGFw[A-Za-z0-9+/]{52}\2-----END \1-----$/;

/** An armoured key of one line that is no key, with line ends as the original has them. */
export const privateKeyStandIn: StandInMaker = {
  identity: (value) => value,
  make(value, bytes) {
    const [, label = "PRIVATE KEY", lineEnd = "\n"] = FIRST_LINE.exec(value) ?? [];
    const random = draw(BASE64URL, bytes, 0, RANDOM_LENGTH)
      .replaceAll("-", "+")
      .replaceAll("_", "/");
    return `-----BEGIN ${label}-----${lineEnd}${MARK}${random}${lineEnd}-----END ${label}-----`;
  },
  is: (value) => STAND_IN.test(value),
};

import { randomBytes, randomInt } from "node:crypto";
import { luhnCheckDigit, remainder97 } from "../../redact/detect/check-digits.ts";

/** Shapes of what is planted: every one is what a detector or a preset knows. */
export type SecretShape = "opaque" | "email" | "card" | "iban" | "phone" | "jwt";

/** Something that must not be found anywhere. */
export interface Secret {
  /** Where in a request it stands, such as `form field`; it says nothing of the value. */
  readonly place: string;
  readonly value: string;
}

const SMALL = "abcdefghijkmnpqrstuvwxyz";
const OPAQUE_CHARS = 32;
const MAILBOX_CHARS = 14;
const DOMAIN_CHARS = 10;

function letters(alphabet: string, count: number): string {
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join("");
}

function digits(count: number): string {
  return letters("0123456789", count);
}

/** Letters that say which planting a request belongs to. No detector takes them for anything. */
export function drawMarker(): string {
  return letters(SMALL, 12);
}

/** The middle characters are digits: a detector that goes by a name demands both letters and digits. */
function opaque(): string {
  const half = OPAQUE_CHARS / 2 - 2;
  return letters(SMALL, half) + digits(4) + letters(SMALL, half);
}

/** A Visa number that no test range holds, so that nobody takes it for a stand-in. */
function card(): string {
  const body = `4929${digits(11)}`;
  return body + luhnCheckDigit(body);
}

/** A German account number with right check digits. */
function iban(): string {
  const account = digits(18);
  const check = 98 - remainder97(`${account}DE00`);
  return `DE${`${check}`.padStart(2, "0")}${account}`;
}

function jwt(): string {
  const part = (content: string) => Buffer.from(content).toString("base64url");
  const head = part(JSON.stringify({ alg: "HS256", typ: "JWT" }));
  const claims = part(JSON.stringify({ sub: letters(SMALL, 12), jti: digits(12) }));
  return `${head}.${claims}.${randomBytes(32).toString("base64url")}`;
}

/** A new value that nobody has drawn before. */
export function drawSecret(shape: SecretShape): string {
  switch (shape) {
    case "opaque":
      return opaque();
    case "email":
      return `${letters(SMALL, MAILBOX_CHARS)}@${letters(SMALL, DOMAIN_CHARS)}.example`;
    case "card":
      return card();
    case "iban":
      return iban();
    case "phone":
      return `+4930${digits(8)}`;
    case "jwt":
      return jwt();
  }
}

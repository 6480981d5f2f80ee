import { BASE32, draw } from "../draw.ts";
import type { StandInMaker } from "./maker.ts";

const MAILBOX_LENGTH = 12;
const DOMAIN_LENGTH = 8;

/** An address of the top-level domain `.invalid`, which is reserved (RFC 2606): no mail ever arrives. */
export const emailStandIn: StandInMaker = {
  identity: (value) => {
    const domainStart = value.lastIndexOf("@");
    return value.slice(0, domainStart) + value.slice(domainStart).toLowerCase();
  },
  group: (value) => value.slice(value.lastIndexOf("@")).toLowerCase(),
  make: (_value, bytes, groupBytes) =>
    `${draw(BASE32, bytes, 0, MAILBOX_LENGTH)}@${draw(BASE32, groupBytes, 0, DOMAIN_LENGTH)}.invalid`,
  is: (value) => /^[a-z2-7]{12}@[a-z2-7]{8}\.invalid$/.test(value),
};

import { z } from "zod";
import { isUnprivilegedUser, readAllowedTarget, readTtl } from "./guard-values.ts";
import { absolutePath, leaf } from "./schema-leaves.ts";

/** What keeps mirrors from doing harm: `guard` of a rules file. */

const MAX_ALLOWED = 4096;

const allowedTarget = leaf<string>(
  (value) => {
    const reading = typeof value === "string" ? readAllowedTarget(value) : undefined;
    return reading?.kind === "host_bits"
      ? `${reading.meant}, the network that it is in, or the address alone`
      : "a network such as 10.0.0.0/8, an address, a host name, or *.DOMAIN for all hosts below it";
  },
  { type: "string", pattern: "^[^\\s]{1,255}$" },
  (value) =>
    typeof value === "string" &&
    ["network", "host", "domain"].includes(readAllowedTarget(value).kind),
);

const ttl = leaf<string | number>(
  "a duration from 1ms to 8760h, such as 8h, or none",
  {
    anyOf: [
      { type: "string", pattern: "^(none|0|(\\d{1,12}(\\.\\d{1,12})?(ms|s|m|h)){1,8})$" },
      { type: "integer", minimum: 0, maximum: 0 },
    ],
    description: "The run ends by itself after this. Default: none.",
  },
  (value) => value === 0 || (typeof value === "string" && readTtl(value) !== undefined),
);

const unprivilegedUser = leaf<string | number>(
  "the name or the number of a user other than root",
  {
    anyOf: [
      { type: "integer", minimum: 1, maximum: 4_294_967_294 },
      { type: "string", pattern: "^[^\\s:/]{1,64}$" },
    ],
    description: "Whom the processes that read traffic run as. Default: nobody.",
  },
  (value) =>
    typeof value === "string"
      ? isUnprivilegedUser(value)
      : Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 4_294_967_294,
);

export const guardSchema = z
  .strictObject({
    allowTargets: z
      .array(allowedTarget)
      .min(1)
      .max(MAX_ALLOWED)
      .describe(
        "What targets may resolve to. Without it: loopback and private networks, and everything where `redact` or `redaction` says what is redacted.",
      )
      .optional(),
    ttl: ttl.optional(),
    stopFile: absolutePath.describe("The run ends as soon as this file is there.").optional(),
    user: unprivilegedUser.optional(),
  })
  .describe("What keeps mirrors from doing harm. Changes need a restart.");

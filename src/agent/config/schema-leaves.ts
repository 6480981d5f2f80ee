import { z } from "zod";
import { readCidr, readPortRange } from "./addresses.ts";
import {
  fieldOwner,
  isFieldValue,
  isHostname,
  isMediaType,
  isMethod,
  isToken,
  readHexBytes,
  readHostPolicy,
  readSampleBy,
} from "./http-text.ts";
import {
  readDurationBound,
  readDurationMs,
  readPercent,
  readRatioBound,
  readSizeBytes,
} from "./quantities.ts";

/**
 * The single values of a rules file. Each says in `expected` what it must be, for messages, and in `json` the same for editors: the
 * JSON Schema may let through more than `holds`, never less.
 */

type Json = Readonly<Record<string, unknown>>;

/** A value that is checked as a whole, so that one mistake is one problem. */
export function leaf<T>(
  expected: string | ((value: unknown) => string),
  json: Json,
  holds: (value: unknown) => boolean,
) {
  const error =
    typeof expected === "string"
      ? expected
      : (issue: { readonly input?: unknown }) => expected(issue.input);
  return z.custom<T>(holds, { error }).meta(json);
}

function textLeaf(expected: string, json: Json, holds: (text: string) => boolean) {
  return leaf<string>(
    expected,
    { type: "string", ...json },
    (value) => typeof value === "string" && holds(value),
  );
}

export function text(expected: string, description: string, maxLength = 4096) {
  return textLeaf(
    expected,
    { minLength: 1, maxLength, description },
    (value) => value.length > 0 && value.length <= maxLength,
  );
}

export function number(min: number, max: number, description: string) {
  return leaf<number>(
    `a number from ${min} to ${max}`,
    { type: "number", minimum: min, maximum: max, description },
    (value) => typeof value === "number" && value >= min && value <= max,
  );
}

export function integer(min: number, max: number, description: string) {
  return leaf<number>(
    `a whole number from ${min} to ${max}`,
    { type: "integer", minimum: min, maximum: max, description },
    (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  );
}

export function truth(description: string) {
  return leaf<boolean>(
    "true or false",
    { type: "boolean", description },
    (value) => typeof value === "boolean",
  );
}

function within(value: number | undefined, min: number, max: number): boolean {
  return value !== undefined && value >= min && value <= max;
}

const DURATION = "(\\d{1,12}(\\.\\d{1,12})?(ms|s|m|h)){1,8}";
const SIZE = "^\\d{1,12} ?(KiB|MiB|GiB)$";
const PERCENT = "\\d{1,16}(\\.\\d{1,16})? ?%";

export function duration(limits: string, minMs: number, maxMs: number, description: string) {
  return textLeaf(
    `a duration from ${limits}, such as 500ms, 30s or 1m30s`,
    { pattern: `^${DURATION}$`, description },
    (value) => within(readDurationMs(value), minMs, maxMs),
  );
}

export function size(limits: string, minBytes: number, maxBytes: number, description: string) {
  return textLeaf(
    `a size from ${limits}, such as 512KiB or 16MiB`,
    { pattern: SIZE, description },
    (value) => within(readSizeBytes(value), minBytes, maxBytes),
  );
}

/** Sizes of bodies may be a few bytes only. */
export function byteCount(description: string) {
  return leaf<number | string>(
    "a number of bytes, or a size such as 1KiB",
    {
      anyOf: [
        { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
        { type: "string", pattern: SIZE },
      ],
      description,
    },
    (value) =>
      (Number.isSafeInteger(value) && Number(value) >= 0) ||
      (typeof value === "string" && readSizeBytes(value) !== undefined),
  );
}

/** A number of percent, with or without the sign. */
export function percent(max: number, description: string, min = 0) {
  return leaf<number | string>(
    `a percentage from ${min} to ${max}`,
    {
      anyOf: [
        { type: "number", minimum: min, maximum: max },
        { type: "string", pattern: `^${PERCENT}$` },
      ],
      description,
    },
    (value) => {
      const share = typeof value === "string" && value.endsWith("%") ? readPercent(value) : value;
      return typeof share === "number" && share >= min && share <= max;
    },
  );
}

export const ratioBound = textLeaf(
  'a bound of 0 to 100 percent, such as "<1%"',
  {
    pattern: `^(< ?)?${PERCENT}$`,
    description:
      "Share of copies that fail or are answered with 5xx; above it, the ramp steps back.",
  },
  (value) => readRatioBound(value) !== undefined,
);

export const latencyBound = textLeaf(
  'a bound such as "<500ms"',
  {
    pattern: `^(< ?)?${DURATION}$`,
    description: "99th percentile of the shadow's latency; above it, the ramp steps back.",
  },
  (value) => within(readDurationBound(value), 1, 3_600_000),
);

export const ports = leaf<number | string>(
  'a port from 1 to 65535, or a range such as "9000-9010"',
  {
    anyOf: [
      { type: "integer", minimum: 1, maximum: 65_535 },
      { type: "string", pattern: "^\\d{1,5}(-\\d{1,5})?$" },
    ],
  },
  (value) =>
    (typeof value === "number" || typeof value === "string") &&
    readPortRange(String(value)) !== undefined,
);

export const network = leaf<string>(
  (value) => {
    const reading = typeof value === "string" ? readCidr(value) : undefined;
    return reading?.kind === "host_bits"
      ? `${reading.meant}, the network that it is in, or the address alone`
      : "an address or a network such as 10.0.0.0/8 or 2001:db8::/32";
  },
  { type: "string", pattern: "^[0-9A-Fa-f:.]{2,45}(/\\d{1,3})?$" },
  (value) => typeof value === "string" && readCidr(value).kind === "cidr",
);

export const user = leaf<string | number>(
  "the name or the number of a user",
  {
    anyOf: [
      { type: "integer", minimum: 0, maximum: 4_294_967_294 },
      { type: "string", pattern: "^[^\\s:/]{1,64}$" },
    ],
  },
  (value) =>
    typeof value === "string"
      ? /^[^\s:/]{1,64}$/.test(value)
      : Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 4_294_967_294,
);

export const container = leaf<string | number>(
  "a container id of 12 to 64 hexadecimal digits",
  {
    anyOf: [
      { type: "integer", minimum: 100_000_000_000 },
      { type: "string", pattern: "^[0-9a-f]{12,64}$" },
    ],
  },
  (value) =>
    (typeof value === "string" || Number.isSafeInteger(value)) &&
    /^[0-9a-f]{12,64}$/.test(String(value)),
);

export const absolutePath = textLeaf(
  "an absolute path",
  { pattern: "^/", maxLength: 4096 },
  (value) => value.startsWith("/") && value.length <= 4096,
);

export const interfaceName = textLeaf(
  "the name of an interface",
  { pattern: "^[^\\s/]{1,15}$" },
  (value) => /^[^\s/]{1,15}$/.test(value) && value !== "." && value !== "..",
);

const NAME = "^[A-Za-z0-9._-]{1,64}$";

export const mirrorName = textLeaf(
  "letters, digits, and . _ -, at most 64 of them",
  { pattern: NAME, description: "Its name in lines, ledger and messages. Unique in the file." },
  (value) => new RegExp(NAME).test(value),
);

const TARGET_NAME = "^[!-~]{1,256}$";

export const targetName = textLeaf(
  "a name of 1 to 256 visible ASCII characters",
  {
    pattern: TARGET_NAME,
    description: "Its name in lines, ledger and messages. Default: the URL.",
  },
  (value) => new RegExp(TARGET_NAME).test(value),
);

const TOKEN = "^[!#$%&'*+\\-.^_`|~0-9A-Za-z]{1,256}$";

export const method = textLeaf(
  "a method in capitals, such as GET",
  { pattern: "^[!#$%&'*+\\-.^_`|~0-9A-Z]{1,256}$" },
  isMethod,
);

export const token = (expected: string, description: string) =>
  textLeaf(expected, { pattern: TOKEN, description }, isToken);

export const hostname = textLeaf(
  "a host name such as api.example.com or *.example.com, without a port",
  { pattern: "^(\\*\\.)?[A-Za-z0-9_.-]{1,253}$" },
  isHostname,
);

export const mediaType = textLeaf(
  "a media type such as application/json or text/*, without parameters",
  {
    pattern: "^[^/;\\s]+/[^/;\\s]+$",
    description:
      "Media type of the body, parameters left out, in any case; type/* for every subtype.",
  },
  isMediaType,
);

export const hexBytes = textLeaf(
  '1 to 256 bytes as hexadecimal digits in quotes, such as "47455420"',
  { pattern: "^(0[xX])?[0-9A-Fa-f ]{2,768}$", description: "The bytes in hexadecimal digits." },
  (value) => readHexBytes(value) !== undefined,
);

export const sampleBy = textLeaf(
  "request, connection, cohort:client, cohort:header:NAME, cohort:cookie:NAME or cohort:query:NAME",
  {
    pattern: "^(request|connection|cohort:client|cohort:(header|cookie|query):.{1,256})$",
    description:
      "What the share is drawn by: each request (the default), whole connections, or a hash of the client's address, a header, a cookie or a query parameter, the same on every node.",
  },
  (value) => readSampleBy(value) !== undefined,
);

export const hostPolicy = textLeaf(
  "keep, target or the name to send",
  { description: "Host of a copy: keep the client's (the default), the target's, or a name." },
  (value) => readHostPolicy(value) !== undefined,
);

/** A field of the copy that may be set or removed. */
export const copyField = leaf<string>(
  (value) => {
    const owner = typeof value === "string" ? fieldOwner(value) : "invalid";
    if (owner === "host") return "another field: Host is chosen by `host`";
    if (owner === "own") return "another field: shadowtap writes this one itself";
    return "the name of a header field";
  },
  { type: "string", pattern: TOKEN },
  (value) => typeof value === "string" && fieldOwner(value) === "free",
);

export const fieldValue = textLeaf(
  "text without control characters",
  { maxLength: 8192 },
  (value) => value.length <= 8192 && isFieldValue(value),
);

import { parsePercent, quoted, usage } from "../flag-values.ts";
import { readCidr } from "./addresses.ts";
import { isFieldValue, isToken, readHexBytes, readSampleBy } from "./http-text.ts";
import { LIMITS } from "./limits.ts";
import { readDurationBound, readDurationMs, readFraction, readRatioBound } from "./quantities.ts";
import type { MirrorDocument, RampDocument } from "./schema.ts";
import type { MatchDocument } from "./schema-match.ts";

/** Values of the flags that select, as they are written in a rules file; refused with what to write instead. */

/** `--local`, `--remote`: an address or a network. */
export function parseNetwork(flag: string, value: string): string {
  const reading = readCidr(value);
  if (reading.kind === "host_bits")
    throw usage(
      `${flag} ${quoted(value)} has bits set behind its prefix.`,
      `Write ${flag} ${reading.meant} for the network that it is in, or the address alone.`,
    );
  if (reading.kind === "not_a_network")
    throw usage(
      `${flag} ${quoted(value)} is neither an address nor a network.`,
      `Write ${flag} 10.0.0.0/8, ${flag} 2001:db8::/32 or one address.`,
    );
  return value;
}

/** `--uid`: the name or the number of a user. */
export function parseUser(value: string): string {
  if (!/^[^\s:/]{1,64}$/.test(value))
    throw usage(
      `--uid ${quoted(value)} cannot be a user.`,
      "Write a name or a number, such as --uid www-data or --uid 33.",
    );
  return value;
}

/** `--exe`: an absolute path. */
export function parseExecutable(value: string): string {
  if (!value.startsWith("/"))
    throw usage(
      `--exe ${quoted(value)} is not an absolute path.`,
      "Write where the executable is, such as --exe /usr/sbin/nginx; `readlink /proc/PID/exe` tells.",
    );
  return value;
}

type HeaderTest = NonNullable<MatchDocument["headers"]>[number];

/** `--header`: `NAME: VALUE`, `NAME: VALUE*` for what begins with it, or `NAME` for any value. */
export function parseHeaderTest(value: string): HeaderTest {
  const colon = value.indexOf(":");
  const name = (colon < 0 ? value : value.slice(0, colon)).trim();
  if (!isToken(name))
    throw usage(
      `--header ${quoted(value)} does not begin with the name of a header field.`,
      "Write --header 'x-user-id: 42', --header 'user-agent: curl/*' or --header x-canary.",
    );
  if (colon < 0) return { name, type: "Present" };
  const content = value.slice(colon + 1).trim();
  if (!isFieldValue(content))
    throw usage(
      `The value in --header ${quoted(value)} holds a control character.`,
      "Write visible characters, spaces and tabs only.",
    );
  return content.endsWith("*")
    ? { name, type: "Prefix", value: content.slice(0, -1) }
    : { name, value: content };
}

/** `--prefix`: text, or bytes as 0x and hexadecimal digits. */
export function parsePrefix(value: string): NonNullable<MatchDocument["prefix"]> {
  if (/^0x/i.test(value)) {
    if (readHexBytes(value) === undefined)
      throw usage(
        `--prefix ${quoted(value)} is not 1 to 256 bytes in hexadecimal digits.`,
        "Write two digits for each byte, such as --prefix 0x474554.",
      );
    return { hex: value };
  }
  if (value === "" || Buffer.byteLength(value) > 256)
    throw usage(
      `--prefix ${quoted(value)} is not 1 to 256 bytes.`,
      "Write what requests begin with, such as --prefix 'GET /api/'.",
    );
  return { text: value };
}

/** `--sample-by`. */
export function parseSampleBy(value: string): string {
  if (readSampleBy(value) === undefined)
    throw usage(
      `--sample-by ${quoted(value)} is nothing that a share can be drawn by.`,
      "Write --sample-by request, connection, cohort:client, cohort:header:NAME, cohort:cookie:NAME or cohort:query:NAME.",
    );
  return value;
}

/** `--fraction`: `1/1000`. */
export function parseFraction(value: string): NonNullable<MirrorDocument["fraction"]> {
  const fraction = readFraction(value);
  const [least, most] = LIMITS.fraction;
  if (
    fraction === undefined ||
    fraction.numerator > fraction.denominator ||
    fraction.denominator < least ||
    fraction.denominator > most
  )
    throw usage(
      `--fraction ${quoted(value)} is not a fraction from 0 to 1.`,
      "Write two whole numbers, such as --fraction 1/1000.",
    );
  return fraction;
}

/** `--ramp`: `FROM..TO/TIME`, and `/STEPS` behind it. */
export function parseRamp(value: string): RampDocument {
  const hint = "Write --ramp 1%..50%/10m, or --ramp 1%..50%/10m/20 for twenty steps.";
  const match = /^([^/]+?)\.\.([^/]+)\/([^/]+)(?:\/(\d{1,6}))?$/.exec(value);
  if (match === null) throw usage(`--ramp ${quoted(value)} is not FROM..TO/TIME/STEPS.`, hint);
  const [, fromText = "", toText = "", over = "", stepsText] = match;
  const from = parsePercent("The beginning of --ramp", fromText);
  const to = parsePercent("The end of --ramp", toText);
  const overMs = readDurationMs(over) ?? Number.NaN;
  if (!(overMs >= LIMITS.rampMs[0] && overMs <= LIMITS.rampMs[1]))
    throw usage(`--ramp ${quoted(value)} does not take a time from 1s to 168h.`, hint);
  if (from >= to) throw usage(`--ramp ${quoted(value)} does not rise.`, hint);
  const steps = stepsText === undefined ? undefined : Number(stepsText);
  if (steps !== undefined && (steps < LIMITS.rampSteps[0] || steps > LIMITS.rampSteps[1]))
    throw usage(`--ramp ${quoted(value)} does not have 1 to 1000 steps.`, hint);
  return { from, to, over, ...(steps === undefined ? {} : { steps }) };
}

/** `--ramp-guard`: `errors<1%`, `p99<500ms`, or both with a comma between. */
export function parseRampGuard(value: string): NonNullable<RampDocument["guard"]> {
  const guard: { errors?: string; p99?: string } = {};
  for (const part of value.split(",")) {
    const [name = "", bound = "", ...more] = part.split("<").map((one) => one.trim());
    const isErrors = name === "errors" && readRatioBound(bound) !== undefined;
    const isLatency = name === "p99" && (readDurationBound(bound) ?? 0) >= 1;
    if (more.length > 0 || (!isErrors && !isLatency) || name in guard)
      throw usage(
        `--ramp-guard ${quoted(value)} is not what a ramp can be guarded by.`,
        "Write --ramp-guard 'errors<1%', 'p99<500ms' or 'errors<1%,p99<500ms'.",
      );
    guard[isErrors ? "errors" : "p99"] = `<${bound}`;
  }
  return guard;
}

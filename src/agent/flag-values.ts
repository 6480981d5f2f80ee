import { ShadowtapError } from "../model/errors.ts";
import type { PortRange } from "../model/rule.ts";
import type { HostPolicy } from "../model/target.ts";
import { readPortRange } from "./config/addresses.ts";
import { fieldOwner, isFieldValue, isMethod, readHostPolicy } from "./config/http-text.ts";
import {
  readDurationMs,
  readInteger,
  readNumber,
  readPercent,
  readSizeBytes,
} from "./config/quantities.ts";
import { readTargetUrl, type TargetAddress, type UrlFault } from "./config/target-url.ts";

/** Values of flags, read or refused with what to write instead. */

/** A value as it is quoted in a message: control characters escaped, so that a message is always one line. */
export function quoted(value: string): string {
  return JSON.stringify(value);
}

export function usage(message: string, ...hints: readonly string[]): ShadowtapError {
  return new ShadowtapError("ST_USAGE", message, hints);
}

/** One of a closed list. */
export function parseChoice<T extends string>(
  flag: string,
  value: string,
  choices: readonly T[],
): T {
  const choice = choices.find((one) => one === value);
  if (choice === undefined)
    throw usage(
      `${flag} ${quoted(value)} is not one of ${choices.join(", ")}.`,
      `Write ${flag} ${choices[0]}, for example.`,
    );
  return choice;
}

/** A number, decimals allowed, within inclusive limits. */
export function parseNumber(flag: string, value: string, min: number, max: number): number {
  const number = readNumber(value) ?? Number.NaN;
  if (!(number >= min && number <= max))
    throw usage(
      `${flag} ${quoted(value)} is not a number from ${min} to ${max}.`,
      "Write it in digits, with a point before decimals.",
    );
  return number;
}

/** A whole number within inclusive limits. */
export function parseInteger(flag: string, value: string, min: number, max: number): number {
  const number = readInteger(value) ?? Number.NaN;
  if (!(number >= min && number <= max))
    throw usage(
      `${flag} ${quoted(value)} is not a whole number from ${min} to ${max}.`,
      "Write it in digits only.",
    );
  return number;
}

/** 0 … 100 with decimals, a percent sign allowed; `max` may be another. */
export function parsePercent(flag: string, value: string, min = 0, max = 100): number {
  return parseNumber(flag, quotable(value), min, max);
}

function quotable(value: string): string {
  return readPercent(value) === undefined ? value : value.replace(/\s*%$/, "");
}

/** One part of `--port`: `8080` or `8000-8010`. */
export function parsePorts(value: string): PortRange {
  const range = readPortRange(value);
  if (range !== undefined) return range;
  const [first = "", last = "", ...more] = value.split("-");
  const isBackwards = more.length === 0 && readPortRange(`${last}-${first}`) !== undefined;
  if (isBackwards)
    throw usage(
      `--port ${quoted(value)} ends before it begins.`,
      `Write --port ${last}-${first} for that range.`,
    );
  throw usage(
    `--port ${quoted(value)} is not a port from 1 to 65535.`,
    "Write --port 8080, --port 8080,8081 or --port 8000-8010.",
  );
}

/** A size such as `16MiB`, in bytes, within inclusive limits. */
export function parseSize(flag: string, value: string, min: number, max: number): number {
  const bytes = readSizeBytes(value) ?? Number.NaN;
  if (!(bytes >= min && bytes <= max))
    throw usage(
      `${flag} ${quoted(value)} is not a size from ${min / 1024}KiB to ${max / 1024 ** 2}MiB.`,
      `Write a whole number and KiB, MiB or GiB, such as ${flag} 16MiB.`,
    );
  return bytes;
}

/** A duration such as `500ms`, `30s`, `1m30s` or `2h`, in milliseconds, within inclusive limits. */
export function parseDuration(flag: string, value: string, minMs: number, maxMs: number): number {
  const durationMs = readDurationMs(value) ?? Number.NaN;
  if (!(durationMs >= minMs && durationMs <= maxMs))
    throw usage(
      `${flag} ${quoted(value)} is not a duration from ${minMs}ms to ${maxMs / 3_600_000}h.`,
      /^\d+(\.\d+)?$/.test(value)
        ? `Write the unit: ${flag} ${value}s for seconds.`
        : `Write a number and ms, s, m or h, such as ${flag} 30s or ${flag} 1m30s.`,
    );
  return durationMs;
}

/** `--path`: a glob that begins with `/` or `*`. */
export function parsePath(value: string): string {
  if (!/^[/*]/.test(value))
    throw usage(
      `--path ${quoted(value)} does not begin with / or *.`,
      `Write --path '/${value}' to match from the start, or --path '*${value}' to match at the end.`,
    );
  return value;
}

/** `--allow-methods`: a list of methods, or `all`. */
export function parseMethods(value: string): string[] | "all" {
  if (value === "all") return "all";
  const methods = value.split(",").map((one) => one.trim().toUpperCase());
  for (const method of methods)
    if (!isMethod(method))
      throw usage(
        `--allow-methods ${quoted(value)} is neither a list of methods nor all.`,
        "Write --allow-methods GET,HEAD,POST to name them, or --allow-methods all.",
      );
  return [...new Set(methods)];
}

/** Interface name as Linux allows it: at most 15 bytes, no white space, no slash. */
export function parseInterface(value: string): string {
  if (!/^[^\s/]{1,15}$/.test(value) || value === "." || value === "..")
    throw usage(
      `--iface ${quoted(value)} cannot be the name of an interface.`,
      "Run `ip link` for the names; leave --iface out for every interface that is up.",
    );
  return value;
}

function parseFieldName(flag: string, name: string): string {
  switch (fieldOwner(name)) {
    case "free":
      return name;
    case "host":
      throw usage(
        `${flag} cannot change Host.`,
        "Use --host target, --host NAME or --host keep instead.",
      );
    case "own":
      throw usage(
        `${flag} cannot change ${name}.`,
        "shadowtap writes this field itself: leave it out.",
      );
    case "invalid":
      throw usage(
        `${flag} ${quoted(name)} is not the name of a header field.`,
        "Write letters, digits and hyphens, such as X-Canary.",
      );
  }
}

/** `--set-header 'K: V'`: name and value. */
export function parseHeader(value: string): readonly [name: string, value: string] {
  const colon = value.indexOf(":");
  if (colon < 0)
    throw usage(
      `--set-header ${quoted(value)} has no colon.`,
      "Write --set-header 'Name: value'; an empty value is allowed.",
    );
  const name = parseFieldName("--set-header", value.slice(0, colon).trim());
  const content = value.slice(colon + 1).trim();
  if (!isFieldValue(content))
    throw usage(
      `The value in --set-header ${quoted(value)} holds a control character.`,
      "Write visible characters, spaces and tabs only.",
    );
  return [name, content];
}

/** `--remove-header K`: the name in lower case. */
export function parseHeaderName(value: string): string {
  return parseFieldName("--remove-header", value).toLowerCase();
}

/** `--host`: `keep`, `target`, or the name to send. */
export function parseHost(value: string): HostPolicy {
  const policy = readHostPolicy(value);
  if (policy === undefined)
    throw usage(
      `--host ${quoted(value)} is neither keep, target nor a host name.`,
      "Write --host keep for the client's own, --host target for the target's, or a name such as --host shadow.example:8080.",
    );
  return policy;
}

/** `--to`: an http or https URL with an optional path, which is put before every request's path. */
export function parseTarget(value: string): TargetAddress {
  const target = readTargetUrl(value);
  if (!("why" in target)) return target;
  throw new ShadowtapError("ST_TARGET_INVALID", `--to ${quoted(target.text)} ${target.why}.`, [
    urlHint(target),
  ]);
}

function urlHint({ kind, text }: UrlFault): string {
  switch (kind) {
    case "credentials":
      return "Take them out of the URL, and send them with --set-header 'Authorization: …' if the shadow needs them.";
    case "query":
      return "Keep scheme, host, port and path: a request's query is its own.";
    case "port":
      return "Write a port from 1 to 65535.";
    case "no_scheme":
      if (/^[a-z0-9.-]+(:\d+)?(\/|$)/i.test(text)) return `Write --to http://${text}.`;
  }
  return "Write --to http://10.0.0.9:8080 or --to https://shadow.example/prefix.";
}

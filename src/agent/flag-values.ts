import { ShadowtapError } from "../model/errors.ts";
import type { HostPolicy, Target } from "../model/target.ts";

/** A value as it is quoted in a message: control characters escaped, so that a message is always one line. */
function quoted(value: string): string {
  return JSON.stringify(value);
}

function usage(message: string, ...hints: readonly string[]): ShadowtapError {
  return new ShadowtapError("ST_USAGE", message, hints);
}

function invalidTarget(value: string, why: string, ...hints: readonly string[]): ShadowtapError {
  return new ShadowtapError("ST_TARGET_INVALID", `--to ${quoted(value)} ${why}`, hints);
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
  const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max))
    throw usage(
      `${flag} ${quoted(value)} is not a number from ${min} to ${max}.`,
      "Write it in digits, with a point before decimals.",
    );
  return number;
}

/** A whole number within inclusive limits. */
export function parseInteger(flag: string, value: string, min: number, max: number): number {
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max))
    throw usage(
      `${flag} ${quoted(value)} is not a whole number from ${min} to ${max}.`,
      "Write it in digits only.",
    );
  return number;
}

/** `--percent`: 0 … 100 with decimals, a percent sign allowed. */
export function parsePercent(value: string): number {
  return parseNumber("--percent", value.replace(/\s*%$/, ""), 0, 100);
}

function parsePort(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (port < 1 || port > 65_535)
    throw usage(
      `--port ${quoted(value)} is not a port from 1 to 65535.`,
      "Write --port 8080, --port 8080,8081 or --port 8000-8010.",
    );
  return port;
}

/** `--port`: `8080`, `8080,8081`, `8000-8010`. Ports in the order given, each once. */
export function parsePorts(value: string): number[] {
  const ports = new Set<number>();
  for (const part of value.split(",").map((one) => one.trim())) {
    const range = /^(\d+)-(\d+)$/.exec(part);
    if (range === null) {
      ports.add(parsePort(part));
      continue;
    }
    const first = parsePort(range[1] ?? "");
    const last = parsePort(range[2] ?? "");
    if (first > last)
      throw usage(
        `--port ${quoted(part)} ends before it begins.`,
        `Write --port ${last}-${first} for that range.`,
      );
    for (let port = first; port <= last; port++) ports.add(port);
  }
  return [...ports];
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** A size such as `16MiB`, in bytes, within inclusive limits. */
export function parseSize(flag: string, value: string, min: number, max: number): number {
  const match = /^(\d{1,12})\s*(KiB|MiB|GiB)$/.exec(value);
  const bytes = match === null ? Number.NaN : Number(match[1]) * (SIZE_UNITS[match[2] ?? ""] ?? 0);
  if (!(bytes >= min && bytes <= max))
    throw usage(
      `${flag} ${quoted(value)} is not a size from ${min / 1024}KiB to ${max / 1024 ** 2}MiB.`,
      `Write a whole number and KiB, MiB or GiB, such as ${flag} 16MiB.`,
    );
  return bytes;
}

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration such as `500ms`, `30s`, `1m30s` or `2h`, in milliseconds, within inclusive limits. */
export function parseDuration(flag: string, value: string, minMs: number, maxMs: number): number {
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const whole = parts.map(([part]) => part).join("") === value && parts.length > 0;
  const durationMs = whole
    ? parts.reduce((sum, part) => sum + Number(part[1]) * (DURATION_UNITS[part[2] ?? ""] ?? 0), 0)
    : Number.NaN;
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

/** Characters of a token, RFC 9110 section 5.6.2: method and field names. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** `--allow-methods`: a list of methods, or `all`. */
export function parseMethods(value: string): ReadonlySet<string> | "all" {
  if (value === "all") return "all";
  const methods = value.split(",").map((one) => one.trim().toUpperCase());
  for (const method of methods)
    if (!TOKEN.test(method) || method === "ALL")
      throw usage(
        `--allow-methods ${quoted(value)} is neither a list of methods nor all.`,
        "Write --allow-methods GET,HEAD,POST to name them, or --allow-methods all.",
      );
  return new Set(methods);
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

/** Fields that frame the message or the connection: they are shadowtap's own (RFC 9110 section 7.6.1). */
const OWN_FIELDS = [
  "connection",
  "keep-alive",
  "expect",
  "content-length",
  "transfer-encoding",
  "x-shadow-request",
];

function parseFieldName(flag: string, name: string): string {
  if (!TOKEN.test(name))
    throw usage(
      `${flag} ${quoted(name)} is not the name of a header field.`,
      "Write letters, digits and hyphens, such as X-Canary.",
    );
  const lower = name.toLowerCase();
  if (lower === "host")
    throw usage(
      `${flag} cannot change Host.`,
      "Use --host target, --host NAME or --host keep instead.",
    );
  if (OWN_FIELDS.includes(lower))
    throw usage(
      `${flag} cannot change ${name}.`,
      "shadowtap writes this field itself: leave it out.",
    );
  return name;
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
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused, RFC 9110 section 5.5.
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(content))
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
  if (value === "keep" || value === "target") return { kind: value };
  if (!/^([A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/.test(value))
    throw usage(
      `--host ${quoted(value)} is neither keep, target nor a host name.`,
      "Write --host keep for the client's own, --host target for the target's, or a name such as --host shadow.example:8080.",
    );
  return { kind: "name", name: value };
}

/** `--to`: an http or https URL with an optional path, which is put before every request's path. */
export function parseTarget(value: string): Target {
  const example = "Write --to http://10.0.0.9:8080 or --to https://shadow.example/prefix.";
  if (!/^https?:\/\//i.test(value)) {
    const bare = /^[a-z0-9.-]+(:\d+)?(\/|$)/i.test(value);
    throw invalidTarget(
      value,
      "is not an http:// or https:// URL.",
      bare ? `Write --to http://${value}.` : example,
    );
  }
  if (!URL.canParse(value)) throw invalidTarget(value, "is not a valid URL.", example);
  const url = new URL(value);
  if (url.username !== "" || url.password !== "")
    throw invalidTarget(
      `${url.protocol}//…@${url.host}`,
      "holds credentials.",
      "Take them out of the URL, and send them with --set-header 'Authorization: …' if the shadow needs them.",
    );
  if (url.search !== "" || url.hash !== "")
    throw invalidTarget(
      value,
      "holds a query or a fragment.",
      "Keep scheme, host, port and path: a request's query is its own.",
    );
  if (url.port === "0")
    throw invalidTarget(value, "names port 0.", "Write a port from 1 to 65535.");
  const tls = url.protocol === "https:";
  const pathPrefix = url.pathname.replace(/\/+$/, "");
  return {
    name: `${url.protocol}//${url.host}${pathPrefix}`,
    tls,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (tls ? 443 : 80) : Number(url.port),
    authority: url.host,
    pathPrefix,
  };
}

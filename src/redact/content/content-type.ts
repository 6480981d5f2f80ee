import { type Parameter, parseParameters } from "./parameters.ts";

/** Longer values of Content-Type are not read. */
const MAX_CONTENT_TYPE_CHARS = 1024;

export interface ContentType {
  /** `application/json`, in lower case, without parameters. */
  readonly type: string;
  /** In lower case; undefined: none is given. */
  readonly charset: string | undefined;
  readonly boundary: string | undefined;
}

/** How a body of some type is looked into; `other`: not at all. */
export type DocumentKind = "json" | "ndjson" | "form" | "multipart" | "text" | "other";

const TYPE = /^[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)/;

/** Character sets in which ASCII is ASCII and no other byte is: what is looked for can be found without knowing more. */
const READABLE_CHARSETS: ReadonlySet<string> = new Set([
  "utf-8",
  "utf8",
  "us-ascii",
  "ascii",
  "iso-8859-1",
  "iso8859-1",
  "iso_8859-1",
  "latin1",
  "latin-1",
  "l1",
  "windows-1252",
  "cp1252",
]);

/** Besides `+json`. */
const JSON_TYPE =
  /^(?:(?:application|text)\/(?:x-)?json|application\/(?:x-amz-json-\d.*|csp-report))$/;

const NDJSON: ReadonlySet<string> = new Set([
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
  "application/x-jsonl",
  "application/jsonlines",
  "application/x-jsonlines",
  "application/json-lines",
  "application/json-seq",
]);

const TEXT: ReadonlySet<string> = new Set([
  "application/xml",
  "application/xml-dtd",
  "application/graphql",
  "application/javascript",
  "application/ecmascript",
  "application/x-javascript",
  "application/yaml",
  "application/x-yaml",
  "application/toml",
  "application/sql",
]);

/** Undefined: it is no type, or its parameters leave open what is meant. */
export function parseContentType(value: string): ContentType | undefined {
  if (value.length > MAX_CONTENT_TYPE_CHARS) return undefined;
  const found = TYPE.exec(value);
  const parameters = found === null ? undefined : parseParameters(value, found[0].length);
  if (parameters === undefined || parameters.some((one) => isDoubtful(one, value)))
    return undefined;
  return {
    type: (found?.[1] ?? "").toLowerCase(),
    charset: parameters.find(({ name }) => name === "charset")?.value.toLowerCase(),
    boundary: parameters.find(({ name }) => name === "boundary")?.value,
  };
}

/** A comma may be where two fields were joined; a star is a second spelling (RFC 2231), which some readers prefer. */
function isDoubtful({ name, value, valueStart }: Parameter, text: string): boolean {
  const isQuoted = text.charAt(valueStart) === '"';
  return (value.includes(",") && !isQuoted) || /^(?:charset|boundary)\*/.test(name);
}

/** Whether text in this character set can be looked into one byte at a time. None given: by today's rules that is UTF-8. */
export function isReadableCharset(charset: string | undefined): boolean {
  return charset === undefined || READABLE_CHARSETS.has(charset);
}

export function documentKind(type: string): DocumentKind {
  if (type.endsWith("+json") || JSON_TYPE.test(type)) return "json";
  if (type === "application/x-www-form-urlencoded") return "form";
  if (type.startsWith("multipart/")) return "multipart";
  if (NDJSON.has(type)) return "ndjson";
  return type.startsWith("text/") || type.endsWith("+xml") || TEXT.has(type) ? "text" : "other";
}

import type { SampleBy } from "../../model/rule.ts";
import type { HostPolicy } from "../../model/target.ts";

/** Parts of HTTP as people write them, read the same from a flag and from a rules file. */

/** A method or a field name: a token, RFC 9110 section 5.6.2. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(text);
}

/** A method in capitals: methods are compared byte by byte, and there are none in small letters. */
export function isMethod(text: string): boolean {
  return isToken(text) && text === text.toUpperCase() && text !== "ALL";
}

/** RFC 9110 section 5.5: no control character but the tab. */
export function isFieldValue(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
  return !/[\x00-\x08\x0a-\x1f\x7f]/.test(text);
}

/** Fields that frame the message or the connection: they are shadowtap's own (RFC 9110 section 7.6.1). */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "expect",
  "content-length",
  "transfer-encoding",
  "proxy-connection",
  "upgrade",
  "x-shadow-request",
]);

/** Whether a copy's field may be set or removed: `own` fields are shadowtap's, `host` has an option of its own. */
export function fieldOwner(name: string): "free" | "host" | "own" | "invalid" {
  if (!isToken(name)) return "invalid";
  const lower = name.toLowerCase();
  if (lower === "host") return "host";
  return OWN_FIELDS.has(lower) ? "own" : "free";
}

/** `keep`, `target`, or the name to send. */
export function readHostPolicy(text: string): HostPolicy | undefined {
  if (text === "keep" || text === "target") return { kind: text };
  const isName = /^([A-Za-z0-9._~-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?$/.test(text);
  return isName ? { kind: "name", name: text } : undefined;
}

/** `request`, `connection`, `cohort:client`, `cohort:header:NAME`, `cohort:cookie:NAME`, `cohort:query:NAME`. */
export function readSampleBy(text: string): SampleBy | undefined {
  if (text === "request" || text === "connection") return { kind: text };
  if (text === "cohort:client") return { kind: "client" };
  const match = /^cohort:(header|cookie|query):(.{1,256})$/.exec(text);
  if (match === null) return undefined;
  const [, kind, name = ""] = match;
  if (kind === "query") return { kind, name: wireText(name) };
  if (!isToken(name)) return undefined;
  return kind === "header" ? { kind, name: name.toLowerCase() } : { kind: "cookie", name };
}

/** `api.example.com`, or `*.example.com` for what is one label or more below it. */
export function isHostname(text: string): boolean {
  if (text.length > 253) return false;
  return /^(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i.test(
    text,
  );
}

/** `application/json`, `image/*`: a media type without parameters. */
export function isMediaType(text: string): boolean {
  const [type = "", subtype = "", ...more] = text.split("/");
  return more.length === 0 && isToken(type) && isToken(subtype) && !type.includes("*");
}

/** `/users/{id}/orders`: whole segments in braces stand for any segment that is not empty. */
export function isPathTemplate(text: string): boolean {
  if (!text.startsWith("/")) return false;
  return text
    .slice(1)
    .split("/")
    .every((segment) => /^\{[A-Za-z0-9_.-]{1,64}\}$/.test(segment) || /^[^{}?#]*$/.test(segment));
}

/** `0x47455420`, `47 45`: bytes in hexadecimal digits, as latin1 text. */
export function readHexBytes(text: string): string | undefined {
  const digits = text.replace(/^0x/i, "").replaceAll(" ", "");
  if (!/^([0-9A-Fa-f]{2}){1,256}$/.test(digits)) return undefined;
  return Buffer.from(digits, "hex").toString("latin1");
}

/** Text as its bytes on the wire: UTF-8, one character per byte. */
export function wireText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

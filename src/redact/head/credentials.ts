const SCHEME = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)([ \t]+)(.+)$/s;
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;
const PARAMETER_VALUE = /(=[ \t]*)("(?:[^"\\]|\\.)*"|[^\s,;"]+)/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** `isBearer`: the value is what follows the word `Bearer`. */
type StandInFor = (value: string, isBearer: boolean) => string | undefined;

/**
 * Puts stand-ins into the value of an Authorization field, RFC 9110 section 11.6.2: the scheme stays, Basic stays base64 of a user and
 * a password, and of a list of parameters (Digest, AWS4-HMAC-SHA256) the values are replaced. Undefined: it goes.
 */
export function rewriteCredentials(value: string, standInFor: StandInFor): string | undefined {
  const match = SCHEME.exec(value);
  if (match === null) return standInFor(value, false);
  const [, scheme = "", space = "", credentials = ""] = match;
  const rewritten = rewriteOf(scheme.toLowerCase(), credentials, standInFor);
  return rewritten === undefined ? undefined : scheme + space + rewritten;
}

function rewriteOf(
  scheme: string,
  credentials: string,
  standInFor: StandInFor,
): string | undefined {
  if (scheme === "basic") {
    const rewritten = rewriteBasic(credentials, standInFor);
    if (rewritten !== undefined) return rewritten;
  }
  if (TOKEN68.test(credentials) || !credentials.includes("="))
    return standInFor(credentials, scheme === "bearer");
  const outside = credentials.replace(PARAMETER_VALUE, "");
  // What is more than names and commas is not understood: nothing of it may stay.
  if (!/^[\s,;\w-]*$/.test(outside)) return standInFor(credentials, false);
  return credentials.replace(PARAMETER_VALUE, (_all, equals: string, text: string) => {
    const isQuoted = text.startsWith('"');
    const standIn = standInFor(isQuoted ? text.slice(1, -1) : text, false) ?? "";
    return `${equals}${isQuoted ? `"${standIn.replace(/["\\]/g, "")}"` : standIn}`;
  });
}

/** Undefined: it is not Basic, whatever it says. */
function rewriteBasic(credentials: string, standInFor: StandInFor): string | undefined {
  if (!BASE64.test(credentials)) return undefined;
  const text = Buffer.from(credentials, "base64").toString("latin1");
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  const user = standInFor(text.slice(0, colon), false) ?? "";
  const password = standInFor(text.slice(colon + 1), false) ?? "";
  return Buffer.from(`${user.replaceAll(":", "-")}:${password}`, "latin1").toString("base64");
}

const SCHEME = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)([ \t]+)(.+)$/s;
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;
const PARAMETER = /(?<![\w-])([\w-]+[ \t]*=[ \t]*)("(?:[^"\\]|\\.)*"|[^\s,"]+)/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Schemes that stay, in lower case: those registered with IANA and those that are in wide use. A first word that is none of them may be
 * the secret itself.
 */
const SCHEMES: ReadonlySet<string> = new Set([
  "api-key",
  "apikey",
  "aws",
  "aws4-ecdsa-p256-sha256",
  "aws4-hmac-sha256",
  "basic",
  "bearer",
  "concealed",
  "digest",
  "dpop",
  "gnap",
  "goog4-hmac-sha256",
  "goog4-rsa-sha256",
  "googlelogin",
  "hawk",
  "hmac-sha256",
  "hoba",
  "jwt",
  "key",
  "mac",
  "mutual",
  "negotiate",
  "ntlm",
  "oauth",
  "privatetoken",
  "scram-sha-1",
  "scram-sha-256",
  "sharedkey",
  "sharedkeylite",
  "signature",
  "splunk",
  "token",
  "vapid",
]);

/** `isBearer`: the value is what follows the word `Bearer`. */
type StandInFor = (value: string, isBearer: boolean) => string | undefined;

/**
 * Puts stand-ins into the value of an Authorization field, RFC 9110 section 11.6.2: a known scheme stays, Basic stays base64 of a user and
 * a password, and of a list of parameters (Digest, AWS4-HMAC-SHA256) the values are replaced. Undefined: it goes.
 */
export function rewriteCredentials(value: string, standInFor: StandInFor): string | undefined {
  const match = SCHEME.exec(value);
  const [, scheme = "", space = "", credentials = ""] = match ?? [];
  if (!SCHEMES.has(scheme.toLowerCase())) return standInFor(value, false);
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
  const outside = credentials.replace(PARAMETER, "");
  // What is more than parameters and commas is not understood: nothing of it may stay.
  if (/[^\s,;]/.test(outside)) return standInFor(credentials, false);
  return credentials.replace(PARAMETER, (_all, name: string, text: string) => {
    const isQuoted = text.startsWith('"');
    const standIn = standInFor(isQuoted ? text.slice(1, -1) : text, false) ?? "";
    return `${name}${isQuoted ? `"${standIn.replace(/["\\]/g, "")}"` : standIn}`;
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

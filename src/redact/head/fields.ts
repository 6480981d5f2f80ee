import type { CompiledRules, Order } from "../policy/compile.ts";
import type { Values } from "../values.ts";
import { rewriteCookies, rewriteSetCookie } from "./cookies.ts";
import { rewriteCredentials } from "./credentials.ts";
import { type HeaderFormat, SENSITIVE_HEADERS } from "./sensitive-names.ts";

/** What becomes of a field; undefined: it goes. */
export type RewriteField = (name: string, value: string) => string | undefined;

const PRESET: Order = { action: { kind: "tokenise" }, by: "preset headers" };
const FOLD = /\r?\n[ \t]*/g;

/** What a field cannot hold without becoming two. */
const BREAKS = /[\0\r\n]/;

/**
 * Rewrites header values. A rule about a header decides over all of it; `tokenise` goes by the way its value is built, so that cookies keep
 * their names and credentials their scheme. A field whose very name is found by a detector goes.
 */
export function createFields(
  rules: CompiledRules,
  values: Values,
  hasPreset: boolean,
): RewriteField {
  function byFormat(format: HeaderFormat, order: Order, name: string, value: string) {
    const place = { kind: "header", name } as const;
    const standInFor = (text: string) => values.obey(order, text, place);
    switch (format) {
      case "credentials": {
        const rewritten = rewriteCredentials(value, (text, isBearer) =>
          values.obey(order, text, place, isBearer ? "bearer" : undefined),
        );
        return rewritten === undefined ? undefined : values.clean(rewritten, place);
      }
      case "cookies":
        return rewriteCookies(value, (cookie, text) => cookieValue(cookie, text, order));
      case "set_cookie": {
        const rewritten = rewriteSetCookie(value, (cookie, text) =>
          cookieValue(cookie, text, order),
        );
        return rewritten === undefined ? undefined : values.clean(rewritten, place);
      }
      case "whole":
        return standInFor(value);
    }
  }

  function cookieValue(cookie: string, text: string, order: Order | undefined) {
    const place = { kind: "cookie", name: cookie } as const;
    // A name that is data cannot be replaced: the shadow would not know the cookie.
    if (values.clean(cookie, { kind: "cookie", name: "" }) !== cookie) return undefined;
    const decided = rules.cookies.get(cookie) ?? order;
    return decided === undefined
      ? values.clean(text, place, cookie)
      : values.obey(decided, text, place);
  }

  function rewrite(name: string, value: string): string | undefined {
    const lower = name.toLowerCase();
    const place = { kind: "header", name: lower } as const;
    const isCookie = lower === "cookie";
    const rule = rules.headers.get(lower);
    if (rule !== undefined && rule.action.kind !== "tokenise")
      return values.obey(rule, value, place);
    const format = SENSITIVE_HEADERS.get(lower);
    if (rule !== undefined) return byFormat(format ?? "whole", rule, lower, value);
    if (hasPreset && format !== undefined) return byFormat(format, PRESET, lower, value);
    if (isCookie)
      return rewriteCookies(value, (cookie, text) => cookieValue(cookie, text, undefined));
    return values.clean(value, place, lower);
  }

  return (name, value) => {
    if (values.clean(name, { kind: "header", name: "" }) !== name) return undefined;
    const flat = value.includes("\n") ? value.replace(FOLD, " ") : value;
    const rewritten = rewrite(name, flat);
    if (rewritten === flat) return value;
    return rewritten === undefined || BREAKS.test(rewritten) ? undefined : withoutBlanks(rewritten);
  };
}

/** Blanks around a value are no part of it. */
function withoutBlanks(value: string): string {
  const isBlank = (at: number) => value.charAt(at) === " " || value.charAt(at) === "\t";
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(start)) start++;
  while (end > start && isBlank(end - 1)) end--;
  return value.slice(start, end);
}

import type { Target } from "../../model/target.ts";

/** What the URL of a target says. */
export type TargetAddress = Omit<Target, "options">;

/** Why a URL is refused. */
export interface UrlFault {
  /** The text, without what must not be printed. */
  readonly text: string;
  /** The end of a sentence that begins with the text. */
  readonly why: string;
  readonly kind: "no_scheme" | "invalid" | "credentials" | "query" | "port";
}

/** Takes a target's URL apart: http or https, with an optional path, which is put before every request's path. */
export function readTargetUrl(text: string): TargetAddress | UrlFault {
  if (!/^https?:\/\//i.test(text))
    return { text, why: "is not an http:// or https:// URL", kind: "no_scheme" };
  if (!URL.canParse(text)) return { text, why: "is not a valid URL", kind: "invalid" };
  const url = new URL(text);
  if (url.username !== "" || url.password !== "")
    return {
      text: `${url.protocol}//…@${url.host}`,
      why: "holds credentials",
      kind: "credentials",
    };
  if (url.search !== "" || url.hash !== "")
    return { text, why: "holds a query or a fragment", kind: "query" };
  if (url.port === "0") return { text, why: "names port 0", kind: "port" };
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

import { isReadableCharset } from "../content/content-type.ts";
import type { Rewritten } from "./rewrite.ts";

const UTF_16_MARK = /^(?:\xff\xfe|\xfe\xff)/;
const XML_ENCODING =
  /^(?:\xef\xbb\xbf)?<\?xml[^>]{0,200}?\bencoding[ \t\r\n]{0,20}=[ \t\r\n]{0,20}["']([^"'>]{0,100})["']/;

/**
 * Shows text or XML to the visitor as one value. Refused is what cannot be looked into byte by byte although no charset said so: a byte order
 * mark of UTF-16, zero bytes, or an XML declaration of another encoding; and what the visitor gives up on.
 */
export function rewriteText(text: string, visit: (value: string) => string | undefined): Rewritten {
  const declared = XML_ENCODING.exec(text)?.[1]?.toLowerCase();
  if (UTF_16_MARK.test(text) || text.includes("\0") || !isReadableCharset(declared))
    return { kind: "refused", reason: "unknown_encoding" };
  const rewritten = visit(text);
  return rewritten === undefined
    ? { kind: "refused", reason: "too_large" }
    : { kind: "text", text: rewritten };
}

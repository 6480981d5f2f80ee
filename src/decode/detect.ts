import { CHAR_CLASS, CharClass } from "./http1/char-class.ts";

/** What the first bytes of a connection look like. */
export type FirstBytes = "http1" | "tls" | "http2_preface" | "other";

/** What the operator is told once per server: traffic that cannot be mirrored. Bounded, and without payload. */
export type NoticeKind = "tls" | "http2_preface" | "upgraded";

/** Told once per connection; whoever listens says it once per server. `server` is `address:port`. */
export type NoticeSink = (kind: NoticeKind, server: string) => void;

const PREFACE = "PRI * HTTP/2.0";

/**
 * Tells a TLS ClientHello (RFC 8446 section 5.1: handshake record, version 3.x, ClientHello) and the HTTP/2 preface (RFC 9113
 * section 3.4) from what may be HTTP/1.x. Fewer bytes than a ClientHello's first six are judged by those that are there.
 */
export function detect(bytes: Uint8Array, start: number, end: number): FirstBytes {
  const first = bytes[start] ?? 0;
  if (first === 0x16) {
    const isTls =
      (end - start < 2 || bytes[start + 1] === 0x03) &&
      (end - start < 6 || bytes[start + 5] === 0x01);
    return isTls ? "tls" : "other";
  }
  if (end - start >= PREFACE.length) {
    let i = 0;
    while (i < PREFACE.length && bytes[start + i] === PREFACE.charCodeAt(i)) i++;
    if (i === PREFACE.length) return "http2_preface";
  }
  return ((CHAR_CLASS[first] as number) & CharClass.token) !== 0 ? "http1" : "other";
}

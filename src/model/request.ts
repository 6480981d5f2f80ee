import type { LiveConnection } from "./connection.ts";

const PLAIN_METHOD = /^[A-Z][A-Z-]{0,31}$/;
/** Stands for every method that is not plain. */
export const OTHER_METHODS = "(other)";

/** Whether a method may be printed and kept as it is: any token may be a method (RFC 9110), and so anybody's secret. */
export function isPlainMethod(method: string): boolean {
  return PLAIN_METHOD.test(method);
}

/** How the end of a message body is found, RFC 9112 section 6. */
export type BodyFraming = "none" | "length" | "chunked";

/** Numbers per header field in `RequestView.fields`. */
export const FIELD_STRIDE = 4;

/**
 * One HTTP/1.x request, as offsets into the bytes that the client sent. A flyweight: valid only while the callback
 * that received it runs; whoever needs it longer copies the bytes.
 *
 *     GET /path HTTP/1.1\r\n      start … lineEnd
 *     Host: a\r\n\r\n             lineEnd … headEnd
 *     body as on the wire         headEnd … bodyEnd (chunk framing and trailers included)
 */
export interface RequestView {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly methodEnd: number;
  readonly targetStart: number;
  readonly targetEnd: number;
  /** First byte after the request line's CRLF. */
  readonly lineEnd: number;
  /** First byte after the empty line. */
  readonly headEnd: number;
  /** End of the body for a whole request; equal to `headEnd` when there is none or it is streamed. */
  readonly bodyEnd: number;
  readonly method: string;
  readonly minorVersion: 0 | 1;
  /** Per field: name start, name end, value start, value end (surrounding white space left out, obs-fold included). */
  readonly fields: Int32Array;
  readonly fieldCount: number;
  readonly framing: BodyFraming;
  /** Body length in bytes for framing `length`; 0 otherwise. */
  readonly contentLength: number;
  /** When the first byte of the request was captured: CLOCK_MONOTONIC, nanoseconds. */
  readonly timeNs: number;
  /** The uniform 32-bit number that the kernel drew for this request; -1 when it did not. */
  readonly sample: number;
}

/** Why the body of a streamed request ended early. */
export type CutReason = "gap" | "malformed" | "client_closed" | "detached";

/** Takes the body of one streamed request, as on the wire. Exactly one of `end` and `cut` is called, once, last. */
export interface BodyReceiver {
  data(bytes: Uint8Array, start: number, end: number): void;
  end(): void;
  cut(reason: CutReason): void;
}

/** What decode hands on. Every call is synchronous; views and bytes are valid only during it. */
export interface RequestSink {
  /**
   * A whole request. What it returns is given back to `response` when the live answer begins; undefined asks for no such
   * call.
   */
  request(connection: LiveConnection, request: RequestView): object | undefined;
  /** The head of a request too large to hold; its body follows. `receiver` undefined: the body is skipped. */
  stream(
    connection: LiveConnection,
    request: RequestView,
  ): { token: object | undefined; receiver: BodyReceiver | undefined };
  /** The live server began to answer the request that `token` stands for. Status as in the status line, 200 … 599. */
  response(token: object, status: number, timeNs: number): void;
  /** The live connection is over; no call for it follows. */
  closed(connection: LiveConnection): void;
}

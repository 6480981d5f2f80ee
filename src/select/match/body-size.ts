import type { RequestView } from "../../model/request.ts";

/** Bytes of the body as sent; Infinity for one that is streamed without saying how long it is. */
export function bodySize(request: RequestView): number {
  const held = request.bodyEnd - request.headEnd;
  if (held > 0 || request.framing === "none") return held;
  // Nothing of a streamed body is held; a chunked one that is held has at least its last chunk.
  return request.framing === "length" ? request.contentLength : Number.POSITIVE_INFINITY;
}

/** Bytes that a request costs: its head, and its body as far as its length is known. */
export function requestBytes(request: RequestView): number {
  const body = bodySize(request);
  return request.headEnd - request.start + (body === Number.POSITIVE_INFINITY ? 0 : body);
}

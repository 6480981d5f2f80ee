import type { RequestView } from "../../../src/model/request.ts";

/** A request as decode would hand it on, with a head and a body of these bytes. */
export function planRequest(method: string, target: string, bodyBytes = 0): RequestView {
  const line = `${method} ${target} HTTP/1.1\r\n`;
  const bytes = Buffer.from(`garbage${line}\r\n${"x".repeat(bodyBytes)}/garbage`, "latin1");
  const start = "garbage".length;
  const targetStart = start + method.length + 1;
  const lineEnd = start + line.length;
  return {
    bytes,
    start,
    methodEnd: start + method.length,
    targetStart,
    targetEnd: targetStart + target.length,
    lineEnd,
    headEnd: lineEnd + 2,
    bodyEnd: lineEnd + 2 + bodyBytes,
    method,
    minorVersion: 1,
    fields: new Int32Array(0),
    fieldCount: 0,
    framing: bodyBytes === 0 ? "none" : "length",
    contentLength: bodyBytes,
    timeNs: 0,
    sample: -1,
  };
}

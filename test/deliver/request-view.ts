import type { LiveConnection } from "../../src/model/connection.ts";
import type { RequestView } from "../../src/model/request.ts";

/** Makes the view that decode would make of a well-formed request; `text` is the whole request, or its head alone. */
export function requestView(text: string | Uint8Array, offset = 0): RequestView {
  const request = Buffer.from(text);
  const bytes = Buffer.concat([Buffer.alloc(offset, "!"), request, Buffer.from("?")]);
  const start = offset;
  const methodEnd = bytes.indexOf(" ", start);
  const targetStart = methodEnd + 1;
  const targetEnd = bytes.indexOf(" ", targetStart);
  const lineEnd = bytes.indexOf("\n", targetEnd) + 1;
  const fields: number[] = [];
  let at = lineEnd;
  while (bytes[at] !== 0x0d && bytes[at] !== 0x0a) {
    const colon = bytes.indexOf(":", at);
    let end = bytes.indexOf("\n", at);
    // A line that begins with white space goes on with the one before.
    while (bytes[end + 1] === 0x20 || bytes[end + 1] === 0x09) end = bytes.indexOf("\n", end + 1);
    let valueStart = colon + 1;
    while (bytes[valueStart] === 0x20 || bytes[valueStart] === 0x09) valueStart++;
    let valueEnd = end;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] ?? 0) <= 0x20) valueEnd--;
    while (valueStart < valueEnd && (bytes[valueStart] ?? 0) <= 0x20) valueStart++;
    fields.push(at, colon, valueStart, valueEnd);
    at = end + 1;
  }
  const headEnd = bytes[at] === 0x0d ? at + 2 : at + 1;
  const line = bytes.toString("latin1", start, lineEnd).trimEnd();
  const head = bytes.toString("latin1", start, headEnd);
  const length = /^content-length:[ \t]*(\d+)/im.exec(head)?.[1];
  return {
    bytes,
    start,
    methodEnd,
    targetStart,
    targetEnd,
    lineEnd,
    headEnd,
    bodyEnd: offset + request.length,
    method: bytes.toString("latin1", start, methodEnd),
    minorVersion: line.endsWith("HTTP/1.0") ? 0 : 1,
    fields: Int32Array.from(fields),
    fieldCount: fields.length / 4,
    framing: length !== undefined ? "length" : /chunked/i.test(head) ? "chunked" : "none",
    contentLength: Number(length ?? 0),
    timeNs: 0,
    sample: -1,
  };
}

let nextId = 1;

export function liveConnection(): LiveConnection {
  const id = nextId++;
  return {
    id,
    generation: 0,
    rulesLow: 1,
    rulesHigh: 0,
    isOwnerPending: false,
    sample: 0,
    clientSample: () => 0,
    client: () => `192.0.2.1:${id}`,
    server: () => "192.0.2.2:80",
  };
}

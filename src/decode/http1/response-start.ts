import { CR, LF } from "./char-class.ts";
import { STATUS_LINE_BYTES } from "./response-head.ts";

/** The beginning of an answer, as the TCP layer saw it. */
export interface ResponseStart {
  status: number;
  timeNs: number;
  /** Where the segment ends in the server's bytes, as int32. */
  nextSeq: number;
  /** It acknowledges exactly what came of the client, and follows exactly what the client has acknowledged. */
  isInStep: boolean;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/**
 * Status of the response that begins at `start`, from its status line's first twelve bytes, RFC 9112 section 4. An interim
 * response (1xx but 101) is passed over when the next one follows within the bytes captured.
 * Returns 0 when no response begins there.
 */
export function responseStatus(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let status = 0;
  while (at >= 0) {
    const next = statusAt(bytes, at, end);
    if (next === 0) return status;
    status = next;
    if (!isInterim(status)) return status;
    at = afterHead(bytes, at + STATUS_LINE_BYTES, end);
  }
  return status;
}

/** Whether another response to the same request follows; 101 ends HTTP/1.1 and so is final here. */
export function isInterim(status: number): boolean {
  return status < 200 && status !== 101;
}

function statusAt(bytes: Uint8Array, at: number, end: number): number {
  if (
    end - at < STATUS_LINE_BYTES ||
    bytes[at] !== 0x48 ||
    bytes[at + 1] !== 0x54 ||
    bytes[at + 2] !== 0x54 ||
    bytes[at + 3] !== 0x50 ||
    bytes[at + 4] !== 0x2f ||
    bytes[at + 5] !== 0x31 ||
    bytes[at + 6] !== 0x2e ||
    !isDigit(bytes[at + 7]) ||
    bytes[at + 8] !== 0x20
  )
    return 0;
  const hundreds = (bytes[at + 9] as number) - 0x30;
  if (hundreds < 1 || hundreds > 5 || !isDigit(bytes[at + 10]) || !isDigit(bytes[at + 11]))
    return 0;
  return (
    hundreds * 100 + ((bytes[at + 10] as number) - 0x30) * 10 + (bytes[at + 11] as number) - 0x30
  );
}

function afterHead(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at + 3 < end; at++)
    if (bytes[at] === CR && bytes[at + 1] === LF && bytes[at + 2] === CR && bytes[at + 3] === LF)
      return at + 4;
  return -1;
}

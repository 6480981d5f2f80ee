import {
  type CaptureSession,
  createCaptureSession,
} from "../../../src/agent/decode-capture/session.ts";
import type { DecodedCapture, DecodedRequest } from "../../../src/model/decoded.ts";
import { SERVER_PORT } from "./traffic.ts";

const PORTS = [{ first: SERVER_PORT, last: SERVER_PORT }];

/** What became of a capture. */
export interface ReadCapture extends DecodedCapture {
  readonly decoded: readonly DecodedRequest[];
  readonly notices: readonly string[];
  /** What was thrown at the bytes, if something was. */
  readonly error: unknown;
}

/** Reads a capture in pieces, as the command does. */
export function readCapture(bytes: Uint8Array, pieceBytes = 65_536): ReadCapture {
  const decoded: DecodedRequest[] = [];
  const notices: string[] = [];
  const session: CaptureSession = createCaptureSession(
    PORTS,
    (request) => decoded.push(request),
    (kind) => notices.push(kind),
  );
  let error: unknown;
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes)
      session.push(bytes.slice(at, at + pieceBytes));
    session.end();
  } catch (thrown) {
    error = thrown;
  }
  session.close();
  return { ...session.result(), decoded, notices, error };
}

import { closeSync, constants, openSync, readSync } from "node:fs";
import { codeOf, ShadowtapError } from "../../model/errors.ts";

/** Certificates of all authorities that a distribution trusts are a quarter of this. */
const MAX_CA_BYTES = 1024 * 1024;

/**
 * At most `maxBytes + 1` bytes of a file: one more than allowed tells that it is too long. `what` says in a message which file is
 * meant. Throws ST_FILE_UNREADABLE.
 */
export function readInputBytes(what: string, path: string, maxBytes: number): Uint8Array {
  let fd: number | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = Buffer.alloc(maxBytes + 1);
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(fd, bytes, length, bytes.length - length, null);
      if (count === 0) break;
      length += count;
    }
    return bytes.subarray(0, length);
  } catch (cause) {
    throw unreadable(`${what} ${path} cannot be read (${codeOf(cause)}).`, cause);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Certificates of the authorities that a target is checked against. Throws ST_FILE_UNREADABLE. */
export function readCertificates(what: string, path: string): string {
  const bytes = readInputBytes(what, path, MAX_CA_BYTES);
  const text = Buffer.from(bytes).toString("latin1");
  if (bytes.length > MAX_CA_BYTES || !text.includes("-----BEGIN "))
    throw unreadable(`${what} ${path} holds no certificates.`);
  return text;
}

function unreadable(message: string, cause?: unknown): ShadowtapError {
  const hints = ["Check the path and its permissions."];
  return new ShadowtapError("ST_FILE_UNREADABLE", message, hints, cause);
}

/** Text as its bytes on the wire: UTF-8, one character per byte. Everything in this room is compared like that. */
export function wireText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The bytes from `start` to `end`, one character per byte. */
export function latin1Text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.prototype.latin1Slice.call(bytes, start, end);
}

/** The other way. No Buffer: what copies it is faster when all bytes are of one class. */
export function latin1Bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

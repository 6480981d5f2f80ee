import { Transform } from "node:stream";

const FIXED_BYTES = 10;
const HAS_CRC = 2;
const HAS_EXTRA = 4;
const HAS_NAME = 8;
const HAS_COMMENT = 16;
/** Longer ones are none. */
const MAX_HEAD_BYTES = 128 * 1024;

/** Length of the header of a gzip member, RFC 1952; -1: there is more of it than is here. */
function headLength(bytes: Uint8Array): number {
  if (bytes.length < FIXED_BYTES) return -1;
  const flags = bytes[3] ?? 0;
  let end = FIXED_BYTES;
  if ((flags & HAS_EXTRA) !== 0) end += 2 + (bytes[end] ?? 0) + (bytes[end + 1] ?? 0) * 256;
  for (const flag of [HAS_NAME, HAS_COMMENT]) {
    if ((flags & flag) === 0) continue;
    const zero = bytes.indexOf(0, end);
    if (zero < 0) return -1;
    end = zero + 1;
  }
  if ((flags & HAS_CRC) !== 0) end += 2;
  return end <= bytes.length ? end : -1;
}

/**
 * Takes the header off a gzip member, so that what follows the compressed data does not matter: in a capture it is another packet, and
 * Node's own Gunzip would throw away what it has read when it meets it.
 */
export function withoutGzipHead(): Transform {
  let head: Uint8Array = new Uint8Array(0);
  let isOver = false;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      if (isOver) return done(null, piece);
      head = Buffer.concat([head, piece]);
      const length = headLength(head);
      if (length < 0)
        return done(head.length > MAX_HEAD_BYTES ? new Error("gzip header") : undefined);
      isOver = true;
      return done(null, head.subarray(length));
    },
  });
}

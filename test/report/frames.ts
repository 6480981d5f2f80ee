/** Splits a stream of frames, each behind its length as a varint: what a reader of `-o protobuf` has to do. */
export function readFrames(bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    let length = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = bytes[at++]!;
      length |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    frames.push(bytes.subarray(at, at + length));
    at += length;
  }
  return frames;
}

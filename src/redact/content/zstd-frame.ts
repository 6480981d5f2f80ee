const MAGIC = [0x28, 0xb5, 0x2f, 0xfd] as const;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/**
 * End of the zstd frame that the bytes begin with, RFC 8878 section 3.1.1; undefined: it does not end in them, or is none. Node decodes a
 * frame that was cut without a word, to less than was sent, so whether it is whole is found out here.
 */
export function zstdFrameEnd(bytes: Uint8Array): number | undefined {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) return undefined;
  const descriptor = bytes[MAGIC.length] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 0x04) !== 0;
  const contentSizeFlag = descriptor >> 6;
  const contentSizeBytes =
    contentSizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[contentSizeFlag] ?? 0);
  let at = MAGIC.length + 1 + (isSingleSegment ? 0 : 1);
  at += (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0) + contentSizeBytes;
  for (let isLast = false; !isLast; ) {
    if (at + 3 > bytes.length) return undefined;
    const head = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    const type = (head >> 1) & 3;
    if (type === RESERVED_BLOCK) return undefined;
    isLast = (head & 1) !== 0;
    at += 3 + (type === RLE_BLOCK ? 1 : head >> 3);
  }
  if (hasChecksum) at += 4;
  return at <= bytes.length ? at : undefined;
}

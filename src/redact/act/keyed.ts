import { createHash, createHmac, createSecretKey } from "node:crypto";

/** Bytes that only the holder of the key can tell from chance: the same for the same purpose, value and attempt. */
export type Keyed = (
  purpose: string,
  value: string,
  attempt: number,
  byteCount: number,
) => Uint8Array;

const DIGEST_BYTES = 32;

export const createKeyed = (key: Uint8Array): Keyed => {
  const secret = createSecretKey(key);
  return (purpose, value, attempt, byteCount) => {
    const digest = createHmac("sha256", secret)
      .update(`${purpose}\0${attempt}\0`)
      .update(value, "utf8")
      .digest();
    if (byteCount <= DIGEST_BYTES) return digest;
    return createHash("shake256", { outputLength: byteCount }).update(digest).digest();
  };
};

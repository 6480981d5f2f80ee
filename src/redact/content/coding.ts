import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import type { RefusalReason } from "../../model/redaction.ts";
import { zstdFrameEnd } from "./zstd-frame.ts";

/** Nobody sends more of them in sequence but to cost us time. */
const MAX_CODINGS = 3;
/** The most that RFC 9659 lets a sender ask for, 8 MiB: a frame can ask for far more memory than it is long. */
const ZSTD_WINDOW_LOG_MAX = 23;

interface Coding {
  /** Throws when the bytes are not of this coding, or more than `maxBytes` come of them. */
  decode(bytes: Uint8Array, maxBytes: number): Uint8Array;
  encode(bytes: Uint8Array): Uint8Array;
}

/** With `info: true` the engine comes along, which knows how much of the input it read. */
interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/** What follows the compressed data would reach the shadow unseen. */
function wholly(inflated: unknown, bytes: Uint8Array): Uint8Array {
  const { buffer, engine } = inflated as Inflated;
  if (engine.bytesWritten !== bytes.length) throw new RangeError("Data follows the end.");
  return buffer;
}

const GZIP: Coding = {
  decode: (bytes, maxOutputLength) =>
    wholly(gunzipSync(bytes, { maxOutputLength, info: true }), bytes),
  encode: (bytes) => gzipSync(bytes, { level: constants.Z_BEST_SPEED }),
};

/** Names in lower case. What is encoded anew is encoded fast: the copy goes a short way. */
const CODINGS: ReadonlyMap<string, Coding> = new Map<string, Coding>([
  ["gzip", GZIP],
  ["x-gzip", GZIP],
  [
    "deflate",
    {
      decode: (bytes, maxOutputLength) => {
        const inflate = hasZlibHead(bytes) ? inflateSync : inflateRawSync;
        return wholly(inflate(bytes, { maxOutputLength, info: true }), bytes);
      },
      encode: (bytes) => deflateSync(bytes, { level: constants.Z_BEST_SPEED }),
    },
  ],
  [
    "br",
    {
      decode: (bytes, maxOutputLength) =>
        wholly(brotliDecompressSync(bytes, { maxOutputLength, info: true }), bytes),
      encode: (bytes) =>
        brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
    },
  ],
  [
    "zstd",
    {
      decode: (bytes, maxOutputLength) => {
        if (zstdFrameEnd(bytes) !== bytes.length) throw new RangeError("Not one whole frame.");
        const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };
        return zstdDecompressSync(bytes, { maxOutputLength, params });
      },
      encode: (bytes) =>
        zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }),
    },
  ],
]);

/** The codings of a Content-Encoding value, in the order in which they were applied, in lower case, without `identity`. */
export function parseCodings(value: string): readonly string[] {
  return value
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
}

/**
 * Undoes content codings, the last applied first. Stops when more than `maxBytes` come of any step. The very same bytes when there is no
 * coding; an empty body has none, whatever is said of it.
 */
export function decodeContent(
  bytes: Uint8Array,
  codings: readonly string[],
  maxBytes: number,
): Uint8Array | RefusalReason {
  if (bytes.length > maxBytes) return "too_large";
  if (codings.length > MAX_CODINGS) return "unknown_encoding";
  if (bytes.length === 0) return bytes;
  let content = bytes;
  for (const name of codings.toReversed()) {
    const coding = CODINGS.get(name);
    if (coding === undefined) return "unknown_encoding";
    try {
      content = coding.decode(content, maxBytes);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      return code === "ERR_BUFFER_TOO_LARGE" ? "too_large" : "unparsable";
    }
    if (content.length > maxBytes) return "too_large";
  }
  return content;
}

/** Applies codings in their order. `deflate` is written as the RFC has it, with a zlib head, even where it came without. */
export function encodeContent(
  bytes: Uint8Array,
  codings: readonly string[],
): Uint8Array | RefusalReason {
  let content = bytes;
  for (const name of codings) {
    const coding = CODINGS.get(name);
    if (coding === undefined) return "unknown_encoding";
    content = coding.encode(content);
  }
  return content;
}

/** RFC 1950 section 2.2. Some clients send `deflate` without the zlib head that RFC 9110 asks for. */
function hasZlibHead(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return (first & 0x0f) === 8 && first >> 4 <= 7 && ((first << 8) | (bytes[1] ?? 0)) % 31 === 0;
}

import { createReadStream } from "node:fs";
import { type Readable, Transform } from "node:stream";
import {
  createBrotliDecompress,
  createInflateRaw,
  createZstdDecompress,
  constants as zlib,
} from "node:zlib";
import { codeOf } from "../../model/errors.ts";
import { withoutGzipHead } from "./gzip-head.ts";
import type { Form } from "./needles.ts";
import type { Compression, createSearch, Hit } from "./search-stream.ts";

/** A text that was found in a file. */
export interface Found {
  readonly index: number;
  readonly form: Form;
  readonly isEncoded: boolean;
  /** In the file; of what is compressed, where the compressed data begin. */
  readonly offset: number;
  /** What had to be decompressed to see it, outermost first, such as `gzip`. */
  readonly within: readonly string[];
}

export interface FileSearched {
  readonly found: readonly Found[];
  /** Why not all of it was looked at; undefined: it was. */
  readonly fault: string | undefined;
}

type Coding = Compression | "br";
/** Opens the bytes anew from an offset. */
type Source = (start: number) => Readable;

/** Archives in archives: nobody nests logs deeper. */
const MAX_DEPTH = 3;
const PIECE_BYTES = 1024 * 1024;
/** So much comes out of one compressed stream at most: a bomb must not keep the check busy for ever. */
const MAX_OUTPUT_BYTES = 1024 ** 3;

/** What comes out, in pieces; what follows the compressed data is left alone where the coding tells its end. */
function decompressed(source: Readable, coding: Coding): Readable {
  const options = { chunkSize: PIECE_BYTES };
  switch (coding) {
    case "gzip": {
      const inflate = createInflateRaw({ ...options, finishFlush: zlib.Z_SYNC_FLUSH });
      return through(through(source, withoutGzipHead()), inflate);
    }
    case "zstd":
      return through(source, createZstdDecompress(options));
    case "br": {
      const brotli = { ...options, finishFlush: zlib.BROTLI_OPERATION_FLUSH };
      return through(source, createBrotliDecompress(brotli));
    }
  }
}

/** What is left of a stream behind its first `count` bytes. */
function without(count: number): Transform {
  let left = count;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      const skipped = Math.min(left, piece.length);
      left -= skipped;
      done(null, skipped === piece.length ? undefined : piece.subarray(skipped));
    },
  });
}

/** Joins streams so that an error of any of them is one of the last, and the end of the last is that of all. */
function through(source: Readable, next: Transform): Transform {
  source.once("error", (error) => next.destroy(error));
  next.once("close", () => source.destroy());
  return source.pipe(next);
}

function unpacked(source: Source, at: number, coding: Coding): Source {
  return (start) => {
    const plain = decompressed(source(at), coding);
    return start === 0 ? plain : through(plain, without(start));
  };
}

/**
 * Looks for the texts in a file and in whatever in it is compressed with gzip or zstd, wherever it begins: the bodies in a capture are.
 * Brotli has no mark to begin with: a file's name must end in `.br`.
 */
export async function searchFile(
  path: string,
  search: ReturnType<typeof createSearch>,
): Promise<FileSearched> {
  const found: Found[] = [];
  const file: Source = (start) => createReadStream(path, { start, highWaterMark: PIECE_BYTES });

  async function look(source: Source, within: readonly Coding[], outer: number | undefined) {
    const inner: { readonly kind: Compression; readonly offset: number }[] = [];
    const stream = search({
      hit({ offset, ...hit }: Hit) {
        found.push({ ...hit, offset: outer ?? offset, within });
      },
      compressed(kind, offset) {
        if (within.length < MAX_DEPTH) inner.push({ kind, offset });
      },
    });
    let length = 0;
    let fault: string | undefined;
    const opened = source(0);
    try {
      for await (const piece of opened as AsyncIterable<Buffer>) {
        stream.push(piece);
        length += piece.length;
        if (within.length === 0 || length <= MAX_OUTPUT_BYTES) continue;
        fault = `more than ${MAX_OUTPUT_BYTES / 1024 ** 3} GiB come of it when it is decompressed`;
        break;
      }
    } catch (error) {
      fault = codeOf(error);
    }
    opened.destroy();
    for (const { kind, offset } of inner) {
      const at = outer ?? offset;
      const innerFault = await look(unpacked(source, offset, kind), [...within, kind], at);
      // Bytes in the middle may look like a beginning by chance. At the beginning they are one.
      if (offset === 0) fault ??= innerFault;
    }
    return fault;
  }

  const fault = await look(file, [], undefined);
  const brotliFault = path.endsWith(".br")
    ? await look(unpacked(file, 0, "br"), ["br"], 0)
    : undefined;
  return { found, fault: fault ?? brotliFault };
}

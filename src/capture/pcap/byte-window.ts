/** What has come of a stream of bytes and was not consumed yet: `bytes[at … end)`. */
export interface ByteWindow {
  push(chunk: Uint8Array): void;
  /** Whether the next `count` bytes are there. */
  has(count: number): boolean;
  /** Consumes bytes that are there. */
  advance(count: number): void;
  /** Consumes bytes that need not be there yet, and that are not kept when they come. */
  skip(count: number): void;
  readonly bytes: Uint8Array;
  readonly at: number;
  /** Where in the stream the next byte is. */
  readonly offset: number;
  /** Nothing is there and nothing is still to be skipped. */
  readonly isEmpty: boolean;
}

const MIN_BYTES = 4096;

/**
 * Copies nothing as long as chunks end where a reader wants them to; else what is left over, once for each doubling. It
 * holds at most one chunk more than twice what the reader waits for.
 */
export function createByteWindow(): ByteWindow {
  let bytes: Uint8Array = new Uint8Array(0);
  let at = 0;
  let end = 0;
  let offset = 0;
  let toSkip = 0;
  /** `bytes` is ours to write to, not the last chunk. */
  let isOwn = false;

  function append(chunk: Uint8Array): void {
    const left = end - at;
    const needed = left + chunk.length;
    if (isOwn && end + chunk.length > bytes.length && 2 * needed <= bytes.length)
      bytes.copyWithin(0, at, end);
    else if (!isOwn || end + chunk.length > bytes.length) {
      const grown = new Uint8Array(Math.max(2 * needed, MIN_BYTES));
      grown.set(bytes.subarray(at, end));
      bytes = grown;
      isOwn = true;
    } else {
      bytes.set(chunk, end);
      end += chunk.length;
      return;
    }
    at = 0;
    end = left;
    bytes.set(chunk, end);
    end += chunk.length;
  }

  function consume(count: number): void {
    at += count;
    offset += count;
  }

  function skip(count: number): void {
    const now = Math.min(count, end - at);
    consume(now);
    toSkip = count - now;
  }

  return {
    push(chunk) {
      if (at < end) append(chunk);
      else {
        bytes = chunk;
        at = 0;
        end = chunk.length;
        isOwn = false;
        skip(toSkip);
      }
    },
    has: (count) => toSkip === 0 && end - at >= count,
    advance: consume,
    skip,
    get bytes() {
      return bytes;
    },
    get at() {
      return at;
    },
    get offset() {
      return offset;
    },
    get isEmpty() {
      return at === end && toSkip === 0;
    },
  };
}

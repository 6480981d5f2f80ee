/** Takes the bytes that chunks hold, in order. */
export type ContentSink = (bytes: Uint8Array, start: number, end: number) => void;

const LF = 0x0a;
const SEMICOLON = 0x3b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const State = {
  size: 0,
  extension: 1,
  quoted: 2,
  escaped: 3,
  data: 4,
  dataEnd: 5,
  done: 6,
} as const;

/**
 * Takes the framing off a chunked body, RFC 9112 section 7.1, that comes in pieces. The decoder has checked it: what is not valid is
 * not looked for. Trailers are passed over.
 */
export function createChunkContent(sink: ContentSink): ContentSink {
  let state: number = State.size;
  let size = 0;

  function step(byte: number): void {
    switch (state) {
      case State.size:
        if (byte === SEMICOLON) state = State.extension;
        else if (byte === LF) endLine();
        else {
          const digit = Number.parseInt(String.fromCharCode(byte), 16);
          if (!Number.isNaN(digit)) size = size * 16 + digit;
        }
        break;
      case State.extension:
        if (byte === QUOTE) state = State.quoted;
        else if (byte === LF) endLine();
        break;
      case State.quoted:
        if (byte === QUOTE) state = State.extension;
        else if (byte === BACKSLASH) state = State.escaped;
        break;
      case State.escaped:
        state = State.quoted;
        break;
      case State.dataEnd:
        if (byte === LF) state = State.size;
    }
  }

  function endLine(): void {
    state = size === 0 ? State.done : State.data;
  }

  return (bytes, start, end) => {
    for (let at = start; at < end && state !== State.done; ) {
      if (state !== State.data) {
        step(bytes[at++] as number);
        continue;
      }
      const taken = Math.min(size, end - at);
      sink(bytes, at, at + taken);
      at += taken;
      size -= taken;
      if (size === 0) state = State.dataEnd;
    }
  };
}

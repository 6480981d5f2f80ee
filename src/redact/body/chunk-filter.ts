import type { BodyReceiver } from "../../model/request.ts";

const LF = 0x0a;
const CHUNK_END = Buffer.from("\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

type State = "digits" | "line" | "data" | "data_end" | "trailers";

/**
 * Passes a streamed chunked body on without its extensions and trailers: nothing looks into them, so nothing of them may pass. The body has been
 * found well-formed before it gets here.
 */
export function withoutTrailers(receiver: BodyReceiver): BodyReceiver {
  let state: State = "digits";
  let size = 0;
  /** Of the data, or of the two bytes behind it. */
  let left = 0;

  const tell = (bytes: Uint8Array) => receiver.data(bytes, 0, bytes.length);

  function begin(): void {
    if (size === 0) {
      tell(LAST_CHUNK);
      state = "trailers";
      return;
    }
    tell(Buffer.from(`${size.toString(16)}\r\n`));
    state = "data";
    left = size;
  }

  /** Reads one byte of what frames the data. */
  function frame(byte: number): void {
    const digit = state === "digits" ? hexDigit(byte) : -1;
    if (digit >= 0) size = size * 16 + digit;
    else if (byte === LF) begin();
    else state = "line";
  }

  return {
    data(bytes, start, end) {
      let at = start;
      while (at < end && state !== "trailers") {
        if (state === "data") {
          const to = Math.min(end, at + left);
          receiver.data(bytes, at, to);
          left -= to - at;
          at = to;
          if (left > 0) continue;
          state = "data_end";
          left = CHUNK_END.length;
        } else if (state === "data_end") {
          at++;
          if (--left > 0) continue;
          tell(CHUNK_END);
          state = "digits";
          size = 0;
        } else frame(bytes[at++] as number);
      }
    },
    end: () => receiver.end(),
    cut: (reason) => receiver.cut(reason),
  };
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

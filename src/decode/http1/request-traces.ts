import { CR, HT, LF, SP } from "./char-class.ts";

const MARK = "HTTP/1.";

/**
 * Counts what may be the end of a request line (`HTTP/1.`, a digit, white space) in bytes that are not decoded.
 *
 * Once a client has sent something that we refuse and the server may have taken, we no longer know how many requests are
 * under way, and the client could arrange for an answer to come just when a body of its own looks like a request. As long as
 * there are more of these marks than answers, no boundary is believed.
 */
export class RequestTraces {
  /** Marks seen minus answers seen; not below 0. */
  count = 0;
  private matched = 0;

  scan(bytes: Uint8Array, start: number, end: number): void {
    let matched = this.matched;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (matched < MARK.length) {
        if (byte === MARK.charCodeAt(matched)) matched++;
        else matched = byte === MARK.charCodeAt(0) ? 1 : 0;
        continue;
      }
      if (matched === MARK.length && byte >= 0x30 && byte <= 0x39) {
        matched++;
        continue;
      }
      const isMark =
        matched > MARK.length && (byte === CR || byte === LF || byte === SP || byte === HT);
      if (isMark) this.count++;
      matched = byte === MARK.charCodeAt(0) ? 1 : 0;
    }
    this.matched = matched;
  }

  /** A final answer began. */
  answer(): void {
    if (this.count > 0) this.count--;
  }
}

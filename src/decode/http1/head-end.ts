import { CR, LF } from "./char-class.ts";

/** Finds the empty line that ends a head which comes in pieces: linear, however small they are. */
export class HeadEnd {
  /** Bytes since the last LF: 0 many (or no LF yet), 1 none, 2 one CR. */
  private sinceLf = 0;
  /** A whole line has come. */
  sawLine = false;

  reset(): void {
    this.sinceLf = 0;
    this.sawLine = false;
  }

  /** The position after the empty line, or -1 when it is not in these bytes. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let { sinceLf } = this;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === LF) {
        this.sawLine = true;
        if (sinceLf !== 0) return at + 1;
        sinceLf = 1;
      } else sinceLf = byte === CR && sinceLf === 1 ? 2 : 0;
    }
    this.sinceLf = sinceLf;
    return -1;
  }
}

import { type BytesTest, indexOfByte, latin1Bytes, standsAt } from "./bytes.ts";
import { queryStart } from "./target-parts.ts";
import type { ValuesOf } from "./value-test.ts";

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** What `test` says of `bytes[start … end)` with percent-encoding and `+` undone, as forms are encoded. */
type DecodedTest = (bytes: Uint8Array, start: number, end: number, test: BytesTest) => boolean;

/** Decodes into a buffer of its own that grows as needed, and only what is encoded. A `%` without two digits is itself. */
function createDecodedTest(): DecodedTest {
  let decoded = new Uint8Array(256);
  return (bytes, start, end, test) => {
    let at = start;
    while (at < end && bytes[at] !== PERCENT && bytes[at] !== PLUS) at++;
    if (at === end) return test(bytes, start, end);
    if (decoded.length < end - start) decoded = new Uint8Array((end - start) * 2);
    let length = 0;
    for (at = start; at < end; at++) {
      let byte = bytes[at] as number;
      if (byte === PLUS) byte = 0x20;
      else if (byte === PERCENT && at + 2 < end) {
        const high = hexDigit(bytes[at + 1]);
        const low = hexDigit(bytes[at + 2]);
        if (high >= 0 && low >= 0) {
          byte = high * 16 + low;
          at += 2;
        }
      }
      decoded[length++] = byte;
    }
    return test(decoded, 0, length);
  };
}

/**
 * Finds the decoded values of all query parameters of a name. Parameters are what stands between `&`, as the URL Standard
 * reads them: the value begins behind the first `=` and is empty without one; empty pieces are none.
 */
export function compileQueryValues(name: string): ValuesOf {
  const wanted = latin1Bytes(name);
  if (wanted === undefined) return () => false;
  const testDecoded = createDecodedTest();
  const isName: BytesTest = (bytes, start, end) =>
    end - start === wanted.length && standsAt(bytes, start, wanted);
  return (request, test) => {
    const { bytes, targetEnd } = request;
    let at = queryStart(bytes, request.targetStart, targetEnd);
    while (at < targetEnd) {
      const pieceEnd = indexOfByte(bytes, AMPERSAND, at, targetEnd);
      if (pieceEnd > at) {
        const nameEnd = indexOfByte(bytes, EQUALS, at, pieceEnd);
        const valueStart = Math.min(nameEnd + 1, pieceEnd);
        if (
          testDecoded(bytes, at, nameEnd, isName) &&
          testDecoded(bytes, valueStart, pieceEnd, test)
        )
          return true;
      }
      at = pieceEnd + 1;
    }
    return false;
  };
}

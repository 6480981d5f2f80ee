import {
  type BytesTest,
  indexOfByte,
  latin1Bytes,
  skipBlanks,
  standsAt,
  trimBlanks,
} from "./bytes.ts";
import { compileHeaderValues } from "./header-values.ts";
import type { ValuesOf } from "./value-test.ts";

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/** Whether `test` holds for a cookie of this name in one Cookie field, RFC 6265 section 4.2.1. */
function testCookies(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: Uint8Array,
  test: BytesTest,
): boolean {
  let at = start;
  while (at < end) {
    const pairEnd = indexOfByte(bytes, SEMICOLON, at, end);
    const equals = indexOfByte(bytes, EQUALS, at, pairEnd);
    if (equals < pairEnd) {
      const nameStart = skipBlanks(bytes, at, equals);
      const nameEnd = trimBlanks(bytes, nameStart, equals);
      if (nameEnd - nameStart === name.length && standsAt(bytes, nameStart, name)) {
        const valueStart = skipBlanks(bytes, equals + 1, pairEnd);
        if (test(bytes, valueStart, trimBlanks(bytes, valueStart, pairEnd))) return true;
      }
    }
    at = pairEnd + 1;
  }
  return false;
}

/**
 * Finds the values of all cookies of a name, in every Cookie field. The name's case counts; quotes belong to the value, as a
 * server would echo them; a pair without `=` is no cookie.
 */
export function compileCookieValues(name: string): ValuesOf {
  const wanted = latin1Bytes(name);
  if (wanted === undefined) return () => false;
  const fields = compileHeaderValues("cookie");
  let test: BytesTest = () => false;
  // One closure for all requests, which finds its test in `test`, instead of one for each request.
  const inField: BytesTest = (bytes, start, end) => testCookies(bytes, start, end, wanted, test);
  return (request, valueTest) => {
    test = valueTest;
    return fields(request, inField);
  };
}

import {
  asciiLowerCase,
  type BytesTest,
  indexOfByte,
  latin1Bytes,
  standsAtInAnyCase,
  trimBlanks,
} from "./bytes.ts";
import { compileHeaderValues } from "./header-values.ts";
import type { RequestTest } from "./value-test.ts";

const SEMICOLON = 0x3b;

/** Compiles a test for a media type, `text/html` or `text/*`, in any case; parameters are not looked at. */
export function compileContentType(value: string): RequestTest {
  const anySubtype = value.endsWith("/*");
  const wanted = latin1Bytes(asciiLowerCase(anySubtype ? value.slice(0, -1) : value));
  if (wanted === undefined) return () => false;
  const isWanted: BytesTest = (bytes, start, end) => {
    const typeEnd = trimBlanks(bytes, start, indexOfByte(bytes, SEMICOLON, start, end));
    const length = typeEnd - start;
    // `text/` alone is not a media type, and so none of `text/*`.
    return (
      (anySubtype ? length > wanted.length : length === wanted.length) &&
      standsAtInAnyCase(bytes, start, wanted)
    );
  };
  const contentTypes = compileHeaderValues("content-type");
  return (request) => contentTypes(request, isWanted);
}

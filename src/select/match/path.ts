import type { PathTest } from "../../model/rule.ts";
import { type BytesTest, indexOfByte, latin1Bytes, standsAt } from "./bytes.ts";
import { compileGlob } from "./path-glob.ts";
import { compileRegex } from "./regex.ts";
import { endsPath, pathEnd, pathStart } from "./target-parts.ts";
import type { RequestTest } from "./value-test.ts";

const SLASH = 0x2f;

/** Tests what begins with a path and ends with the target: whether the path ends where the value does is all it asks. */
function compileExact(value: string): BytesTest {
  const wanted = latin1Bytes(value);
  if (wanted === undefined || value.includes("?")) return () => false;
  const length = wanted.length;
  return (bytes, start, end) =>
    end - start >= length && standsAt(bytes, start, wanted) && endsPath(bytes, start + length, end);
}

/** As PathPrefix of Gateway API: a slash at its end says nothing, so `/a/` is `/a`, and `/` is every path. */
function compilePrefix(value: string): BytesTest {
  const wanted = latin1Bytes(value.endsWith("/") ? value.slice(0, -1) : value);
  if (wanted === undefined || value.includes("?")) return () => false;
  const length = wanted.length;
  return (bytes, start, end) => {
    const at = start + length;
    return (
      at <= end &&
      standsAt(bytes, start, wanted) &&
      (endsPath(bytes, at, end) || bytes[at] === SLASH)
    );
  };
}

/** Segments between slashes; undefined for one that is `{name}`. */
function templateSegments(value: string): readonly (Uint8Array | undefined)[] | undefined {
  const segments: (Uint8Array | undefined)[] = [];
  for (const segment of value.split("/")) {
    const isName = /^\{[^{}]*\}$/.test(segment);
    const bytes = isName ? undefined : latin1Bytes(segment);
    if (!isName && bytes === undefined) return undefined;
    segments.push(bytes);
  }
  return segments;
}

function compileTemplate(value: string): BytesTest {
  const segments = templateSegments(value);
  if (segments === undefined) return () => false;
  const last = segments.length - 1;
  return (bytes, start, end) => {
    let at = start;
    for (let i = 0; i <= last; i++) {
      const segmentEnd = indexOfByte(bytes, SLASH, at, end);
      const wanted = segments[i];
      if (wanted === undefined) {
        if (segmentEnd === at) return false;
      } else if (segmentEnd - at !== wanted.length || !standsAt(bytes, at, wanted)) {
        return false;
      }
      if (segmentEnd === end) return i === last;
      at = segmentEnd + 1;
    }
    return false;
  };
}

/** Gives a test of the path alone what stands before the query. */
function onPath(test: BytesTest): BytesTest {
  return (bytes, start, end) => test(bytes, start, pathEnd(bytes, start, end));
}

function compilePathBytes(test: PathTest): BytesTest {
  switch (test.kind) {
    case "exact":
      return compileExact(test.value);
    case "prefix":
      return compilePrefix(test.value);
    case "regex":
      return onPath(compileRegex(test.value));
    case "template":
      return onPath(compileTemplate(test.value));
    case "glob":
      return onPath(compileGlob(test.value));
  }
}

/** Compiles a test of a request's path. */
export function compilePath(test: PathTest): RequestTest {
  const isWanted = compilePathBytes(test);
  return (request) => {
    const { bytes, targetEnd } = request;
    return isWanted(bytes, pathStart(bytes, request.targetStart, targetEnd), targetEnd);
  };
}

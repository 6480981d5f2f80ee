import type { Match } from "../../model/rule.ts";
import {
  asciiLowerCase,
  type BytesTest,
  indexOfByte,
  latin1Bytes,
  standsAtInAnyCase,
} from "./bytes.ts";
import { compileHeaderValues } from "./header-values.ts";
import { compileRegex } from "./regex.ts";
import { testAuthority } from "./target-parts.ts";
import type { RequestTest } from "./value-test.ts";

const COLON = 0x3a;
const DOT = 0x2e;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

type HostTest = Extract<Match, { kind: "host" }>["test"];

/** End of the host in an authority: before the port, behind the brackets of an IPv6 address. */
function hostEnd(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== OPENING_BRACKET) return indexOfByte(bytes, COLON, start, end);
  return Math.min(end, indexOfByte(bytes, CLOSING_BRACKET, start, end) + 1);
}

function compileHostBytes(test: HostTest): BytesTest {
  if (test.kind === "regex") return compileRegex(test.value, true);
  const wanted = latin1Bytes(asciiLowerCase(test.value));
  if (wanted === undefined) return () => false;
  const length = wanted.length;
  if (test.kind === "exact")
    return (bytes, start, end) => end - start === length && standsAtInAnyCase(bytes, start, wanted);
  return (bytes, start, end) => {
    const rest = end - length;
    // One label or more and a dot stand before the suffix.
    return (
      rest - start >= 2 &&
      bytes[start] !== DOT &&
      bytes[rest - 1] === DOT &&
      standsAtInAnyCase(bytes, rest, wanted)
    );
  };
}

/** Compiles a test of the host that a request is for; one without any is none that matches. */
export function compileHost(test: HostTest): RequestTest {
  const isWanted = compileHostBytes(test);
  const inAuthority: BytesTest = (bytes, start, end) =>
    isWanted(bytes, start, hostEnd(bytes, start, end));
  let inHostField = false;
  // The first Host field decides: it says that it was found, whatever the test says.
  const inFirst: BytesTest = (bytes, start, end) => {
    inHostField = inAuthority(bytes, start, end);
    return true;
  };
  const hosts = compileHeaderValues("host");
  return (request) =>
    testAuthority(request.bytes, request.targetStart, request.targetEnd, inAuthority) ??
    (hosts(request, inFirst) && inHostField);
}

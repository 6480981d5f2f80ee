import type { RequestView } from "../../model/request.ts";
import type { ValueTest } from "../../model/rule.ts";
import { type BytesTest, latin1Bytes, standsAt } from "./bytes.ts";
import { compileRegex } from "./regex.ts";

/** Answers one question about a request. */
export type RequestTest = (request: RequestView) => boolean;

/** Whether `test` holds for any of the values that a request has under a name; it stops at the first. */
export type ValuesOf = (request: RequestView, test: BytesTest) => boolean;

const always: BytesTest = () => true;
const never: BytesTest = () => false;

function compileBytesTest(kind: "exact" | "prefix" | "regex", value: string): BytesTest {
  if (kind === "regex") return compileRegex(value);
  const wanted = latin1Bytes(value);
  if (wanted === undefined) return never;
  const length = wanted.length;
  return kind === "exact"
    ? (bytes, start, end) => end - start === length && standsAt(bytes, start, wanted)
    : (bytes, start, end) => end - start >= length && standsAt(bytes, start, wanted);
}

/** Compiles a test of the values that `valuesOf` finds. */
export function compileValueTest(test: ValueTest, valuesOf: ValuesOf): RequestTest {
  switch (test.kind) {
    case "present":
      return (request) => valuesOf(request, always);
    case "absent":
      return (request) => !valuesOf(request, always);
    default: {
      const holds = compileBytesTest(test.kind, test.value);
      return (request) => valuesOf(request, holds);
    }
  }
}

import type { RequestView } from "../../model/request.ts";
import type { Match } from "../../model/rule.ts";
import { bodySize } from "./body-size.ts";
import { latin1Bytes, standsAt } from "./bytes.ts";
import { compileContentType } from "./content-type.ts";
import { compileCookieValues } from "./cookie-values.ts";
import { compileHeaderValues } from "./header-values.ts";
import { compileHost } from "./host.ts";
import { compilePath } from "./path.ts";
import { compileQueryValues } from "./query-values.ts";
import { compileValueTest, type RequestTest } from "./value-test.ts";

const COMPILE_VALUES = {
  header: compileHeaderValues,
  query: compileQueryValues,
  cookie: compileCookieValues,
};

function allOf(tests: readonly RequestTest[]): RequestTest {
  const [first, second] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (tests.length === 2) return (request) => first(request) && second(request);
  return (request) => {
    for (const test of tests) if (!test(request)) return false;
    return true;
  };
}

function anyOf(tests: readonly RequestTest[]): RequestTest {
  const [first, second] = tests;
  if (first === undefined) return () => false;
  if (second === undefined) return first;
  if (tests.length === 2) return (request) => first(request) || second(request);
  return (request) => {
    for (const test of tests) if (test(request)) return true;
    return false;
  };
}

function compilePrefix(value: string): RequestTest {
  const wanted = latin1Bytes(value);
  if (wanted === undefined) return () => false;
  return (request) =>
    request.bodyEnd - request.start >= wanted.length &&
    standsAt(request.bytes, request.start, wanted);
}

/**
 * Compiles `Match` as its comment in the model says, exactly. What comes out reads the request in place; only regular expressions
 * and hosts tested by them make a string. Throws when `regexFault` refuses one of its regular expressions.
 */
export function compileMatch(match: Match): (request: RequestView) => boolean {
  switch (match.kind) {
    case "all":
      return allOf(match.of.map(compileMatch));
    case "any":
      return anyOf(match.of.map(compileMatch));
    case "not": {
      const test = compileMatch(match.of);
      return (request) => !test(request);
    }
    case "method": {
      const { value } = match;
      return (request) => request.method === value;
    }
    case "path":
      return compilePath(match.test);
    case "host":
      return compileHost(match.test);
    case "header":
    case "query":
    case "cookie":
      return compileValueTest(match.test, COMPILE_VALUES[match.kind](match.name));
    case "content_type":
      return compileContentType(match.value);
    case "body_size": {
      const { minBytes, maxBytes } = match;
      if (maxBytes === undefined) return (request) => bodySize(request) >= minBytes;
      return (request) => {
        const size = bodySize(request);
        return size >= minBytes && size <= maxBytes;
      };
    }
    case "prefix":
      return compilePrefix(match.value);
  }
}

import type { LiveConnection } from "../model/connection.ts";
import type { RequestView } from "../model/request.ts";
import type { SampleBy } from "../model/rule.ts";
import { hashBytes, isSampled, thresholdOf } from "../model/sample.ts";
import type { BytesTest } from "./match/bytes.ts";
import { compileCookieValues } from "./match/cookie-values.ts";
import { compileHeaderValues } from "./match/header-values.ts";
import { compileQueryValues } from "./match/query-values.ts";
import type { ValuesOf } from "./match/value-test.ts";

/** Decides whether a request is in a rule's share. */
export interface Sampler {
  /** 0 … 1. */
  setShare(share: number): void;
  /** `draw` gives the request's own number. It is the same for all rules, and not asked for when everything is in. */
  isIn(connection: LiveConnection, request: RequestView, draw: () => number): boolean;
}

type SampleOf = (connection: LiveConnection, request: RequestView, draw: () => number) => number;

/** There is no such value: out, whatever the share is. */
const NONE = -1;

/** The hash of the first value under the name: a second one must not move a user into another cohort. */
function hashOf(valuesOf: ValuesOf): SampleOf {
  let hash = NONE;
  const first: BytesTest = (bytes, start, end) => {
    hash = hashBytes(bytes, start, end);
    return true;
  };
  return (_connection, request) => (valuesOf(request, first) ? hash : NONE);
}

function sampleOf(by: SampleBy): SampleOf {
  switch (by.kind) {
    case "request":
      return (_connection, _request, draw) => draw();
    case "connection":
      return (connection) => connection.sample;
    case "client":
      return (connection) => connection.clientSample();
    case "header":
      return hashOf(compileHeaderValues(by.name));
    case "cookie":
      return hashOf(compileCookieValues(by.name));
    case "query":
      return hashOf(compileQueryValues(by.name));
  }
}

/** Draws what belongs to a share, by the numbers and thresholds that the kernel goes by too. */
export function createSampler(by: SampleBy, share: number): Sampler {
  const sample = sampleOf(by);
  const alwaysHasOne = by.kind === "request" || by.kind === "connection" || by.kind === "client";
  let threshold = thresholdOf(share);
  return {
    setShare(next) {
      threshold = thresholdOf(next);
    },
    isIn(connection, request, draw) {
      if (alwaysHasOne && isSampled(0xffffffff, threshold)) return true;
      const drawn = sample(connection, request, draw);
      return drawn !== NONE && isSampled(drawn, threshold);
    },
  };
}

import assert from "node:assert/strict";
import { HeadCode, RequestHead } from "../../src/decode/http1/request-head.ts";
import type { LiveConnection } from "../../src/model/connection.ts";
import type { RequestView } from "../../src/model/request.ts";

interface ViewOptions {
  /** Number that the kernel drew; -1 when it did not. */
  readonly sample?: number;
  /** Only the head was read, the body follows piece by piece. */
  readonly isStreamed?: boolean;
}

/** Other bytes around the request: reading them would be noticed. */
const BEFORE = "x=1&x=1; x=1/a?b ";
const AFTER = "/a?x=1&x=1; x=1\r\nX: 1\r\n\r\n";

/** The view that decode would make of this request; text is latin1. */
export function requestView(text: string, options: ViewOptions = {}): RequestView {
  const bytes = Buffer.from(BEFORE + text + AFTER, "latin1");
  const head = new RequestHead();
  const end = BEFORE.length + text.length;
  assert.equal(head.read(bytes, BEFORE.length, end), HeadCode.complete, JSON.stringify(text));
  head.bodyEnd = options.isStreamed === true ? head.headEnd : end;
  head.sample = options.sample ?? -1;
  return head;
}

/** A request without a body, from its target and its field lines. */
export function get(target: string, ...fields: readonly string[]): RequestView {
  return requestView(
    ["GET ", target, " HTTP/1.1\r\n", ...fields.map((f) => `${f}\r\n`), "\r\n"].join(""),
  );
}

/** A connection that all rules look at. */
export function liveConnection(members: Partial<LiveConnection> = {}): LiveConnection {
  return {
    id: 1,
    generation: 1,
    rulesLow: 0xffffffff,
    rulesHigh: 0xffffffff,
    isOwnerPending: false,
    sample: 0,
    clientSample: () => 0,
    client: () => "192.0.2.1:1000",
    server: () => "192.0.2.2:80",
    ...members,
  };
}

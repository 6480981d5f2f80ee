import assert from "node:assert/strict";
import { RequestHead } from "../../src/decode/http1/request-head.ts";
import type {
  Redaction,
  RedactionPolicy,
  RedactionSink,
  Redactor,
} from "../../src/model/redaction.ts";
import { FIELD_STRIDE, type RequestView } from "../../src/model/request.ts";
import { createRedactor } from "../../src/redact/redactor.ts";
import { liveConnection, requestView } from "../deliver/request-view.ts";

export const KEY = Buffer.from("a key that is only used in tests");

export function policy(overrides: Partial<RedactionPolicy> = {}): RedactionPolicy {
  return {
    preset: "off",
    rules: [],
    detectors: [],
    detected: { kind: "tokenise" },
    maxBodyBytes: 65536,
    ...overrides,
  };
}

/** What became of a request: its bytes as latin1 text, or a reason. */
export type Outcome =
  | { readonly kind: "whole" | "stream"; readonly text: string; readonly isSame: boolean }
  | { readonly kind: "refused"; readonly reason: string };

/** A request as text: what it says, then its body, with Content-Length. */
export function post(contentType: string | undefined, body: string, ...fields: string[]): string {
  const type = contentType === undefined ? [] : [`Content-Type: ${contentType}`];
  const lines = ["POST /a HTTP/1.1", "Host: h", ...type, ...fields];
  return `${lines.join("\r\n")}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

export function chunked(
  contentType: string,
  chunks: readonly string[],
  tail = "0\r\n\r\n",
): string {
  const body = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
  return `POST /a HTTP/1.1\r\nHost: h\r\nContent-Type: ${contentType}\r\nTransfer-Encoding: chunked\r\n\r\n${body}${tail}`;
}

function textOf({ bytes, start, bodyEnd }: RequestView): string {
  return Buffer.from(bytes.subarray(start, bodyEnd)).toString("latin1");
}

/** Reads the request again: every offset of the view must be what a decoder would have said. */
function assertConsistent(view: RequestView): void {
  const head = new RequestHead();
  assert.equal(head.read(view.bytes, view.start, view.bodyEnd), 0, textOf(view));
  for (const member of [
    "methodEnd",
    "targetStart",
    "targetEnd",
    "lineEnd",
    "headEnd",
    "method",
    "minorVersion",
    "fieldCount",
    "framing",
    "contentLength",
  ] as const)
    assert.equal(view[member], head[member], member);
  const count = view.fieldCount * FIELD_STRIDE;
  assert.deepEqual([...view.fields.slice(0, count)], [...head.fields.slice(0, count)]);
  if (view.framing === "length") assert.equal(view.bodyEnd - view.headEnd, view.contentLength);
}

interface Collected {
  outcome: Outcome | undefined;
  readonly sink: RedactionSink;
}

function collect(original: RequestView): Collected {
  const collected: Collected = {
    outcome: undefined,
    sink: {
      whole(view) {
        assert.equal(collected.outcome, undefined);
        assertConsistent(view);
        const isSame: boolean = (view as RequestView) === original;
        collected.outcome = { kind: "whole", text: textOf(view), isSame };
      },
      stream(view) {
        assert.equal(collected.outcome, undefined);
        let text = textOf(view);
        const isSame: boolean = (view as RequestView) === original;
        return {
          data(bytes, start, end) {
            text += Buffer.from(bytes.subarray(start, end)).toString("latin1");
          },
          end() {
            collected.outcome = { kind: "stream", text, isSame };
          },
          cut() {
            collected.outcome = { kind: "refused", reason: "cut" };
          },
        };
      },
      refused(reason) {
        assert.equal(collected.outcome, undefined);
        collected.outcome = { kind: "refused", reason };
      },
    },
  };
  return collected;
}

export function redactWith(redactor: Redactor, text: string): Outcome {
  const view = requestView(Buffer.from(text, "latin1"), 7);
  const collected = collect(view);
  redactor.redact(view, collected.sink);
  assert.ok(collected.outcome !== undefined);
  return collected.outcome;
}

/** Redacts one request, given and returned as latin1 text. */
export function redact(overrides: Partial<RedactionPolicy>, text: string): Outcome {
  return redactWith(createRedactor(policy(overrides), KEY), text);
}

/** The text that is sent; fails when it is refused. */
export function sent(overrides: Partial<RedactionPolicy>, text: string): string {
  const outcome = redact(overrides, text);
  assert.notEqual(outcome.kind, "refused", JSON.stringify(outcome));
  return outcome.kind === "refused" ? "" : outcome.text;
}

/** The same as a stream whose body comes in pieces, cut at these places; `isCut`: it ends early. */
export function redactStreamed(
  overrides: Partial<RedactionPolicy>,
  text: string,
  cuts: readonly number[],
  isCut = false,
): Outcome {
  const whole = requestView(Buffer.from(text, "latin1"), 3);
  const head: RequestView = { ...whole, bodyEnd: whole.headEnd };
  const collected = collect(head);
  const redactor = createRedactor(policy(overrides), KEY);
  const receiver = redactor.redactStream(liveConnection(), head, collected.sink);
  const ends = [...cuts]
    .sort((a, b) => a - b)
    .map((cut) => Math.min(whole.headEnd + cut, whole.bodyEnd));
  let from = whole.headEnd;
  for (const to of [...ends, whole.bodyEnd]) {
    // Bytes are valid only during the call.
    const piece = Buffer.from(whole.bytes.subarray(from, to));
    receiver?.data(piece, 0, piece.length);
    piece.fill(0);
    from = to;
  }
  if (isCut) receiver?.cut("gap");
  else receiver?.end();
  assert.ok(collected.outcome !== undefined);
  return collected.outcome;
}

/** What `--explain` would list. */
export function explained(overrides: Partial<RedactionPolicy>, text: string): Redaction[] {
  const redactions: Redaction[] = [];
  const redactor = createRedactor(policy(overrides), KEY, (one) => redactions.push(one));
  redactWith(redactor, text);
  return redactions;
}

export function bodyOf(text: string): string {
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}

export function fieldOf(text: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\\r$`, "im").exec(
    text.slice(0, text.indexOf("\r\n\r\n") + 2),
  )?.[1];
}

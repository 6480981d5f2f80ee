import { randomFillSync } from "node:crypto";

/** W3C Trace Context, level 1, https://www.w3.org/TR/trace-context-1/. */

/** version "-" trace-id "-" parent-id "-" flags; later versions may have more behind it. An id is not all zeros. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|(?<!^00.{53})-)/;
/** Where the parent-id begins in a traceparent, and how long it is. */
export const SPAN_OFFSET = 36;
export const SPAN_LENGTH = 16;

/** Beyond it, the last member of a tracestate goes (section 3.3.1.1). */
const MAX_MEMBERS = 32;
const KEY = "shadowtap";

/** The span that a traceparent names; undefined when it is not valid, and then nothing may be made of it. */
export function spanOf(traceparent: string): string | undefined {
  if (!TRACEPARENT.test(traceparent)) return undefined;
  return traceparent.slice(SPAN_OFFSET, SPAN_OFFSET + SPAN_LENGTH);
}

/**
 * The values of a request's tracestate fields as one, with the original span in front. This is where the standard puts what a
 * participant that changes the parent-id knows of the position in the trace, and tracing systems keep it with the shadow's
 * span, which a field of our own they would not.
 */
export function linkedState(values: readonly string[], span: string): string {
  const link = `${KEY}=${span}`;
  const members = values.join(",").split(",").filter(isOther);
  if (members.length >= MAX_MEMBERS) members.length = MAX_MEMBERS - 1;
  return members.length === 0 ? link : `${link},${members.join(",")}`;
}

/** Neither ours, of a mirror before, nor an empty one. */
function isOther(member: string): boolean {
  const text = member.trim();
  return text !== "" && !text.startsWith(`${KEY}=`);
}

const NO_SPAN = "0".repeat(SPAN_LENGTH);
const ids = Buffer.alloc(512 * (SPAN_LENGTH / 2));
let at = ids.length;

/** A new random span id, never all zeros. */
export function newSpan(): string {
  for (;;) {
    if (at === ids.length) {
      randomFillSync(ids);
      at = 0;
    }
    at += SPAN_LENGTH / 2;
    const span = ids.toString("hex", at - SPAN_LENGTH / 2, at);
    if (span !== NO_SPAN) return span;
  }
}

import type { RedactionSink, RefusalReason } from "../model/redaction.ts";
import { type BodyReceiver, FIELD_STRIDE, type RequestView } from "../model/request.ts";

/** Bodies that are gathered at a time may be so many times as long as the longest one allowed. */
const MAX_FULL_BODIES = 8;
/** And are never held to less than this in all. */
const MIN_GATHERED_BYTES = 16 * 1024 * 1024;
const GROWTH_BYTES = 16384;

/** Gathers the bodies of streamed requests, within bounds, and hands the requests on whole. */
export interface Gatherer {
  /** Undefined: it was refused at once. */
  gather(
    request: RequestView,
    sink: RedactionSink,
    whole: (request: RequestView, sink: RedactionSink) => void,
  ): BodyReceiver | undefined;
}

/**
 * `maxBodyBytes` holds for each body as it comes, chunk framing included. All that are under way together are bounded, too: what does not
 * fit is refused, as nothing may be sent that was not looked at.
 */
export function createGatherer(maxBodyBytes: number): Gatherer {
  const maxBytes = Math.max(maxBodyBytes * MAX_FULL_BODIES, MIN_GATHERED_BYTES);
  let gatheredBytes = 0;

  return {
    gather(request, sink, whole) {
      const headBytes = request.headEnd - request.start;
      if (gatheredBytes + headBytes > maxBytes) {
        sink.refused("too_large");
        return undefined;
      }
      let buffer = new Uint8Array(request.bytes.subarray(request.start, request.headEnd));
      const fields = fieldsOf(request);
      const { start, framing, contentLength, timeNs, sample, method, minorVersion } = request;
      const { methodEnd, targetStart, targetEnd, lineEnd, fieldCount } = request;
      let length = headBytes;
      let isOver = false;
      gatheredBytes += buffer.length;

      function release(): void {
        isOver = true;
        gatheredBytes -= buffer.length;
        buffer = new Uint8Array(0);
      }

      function refuse(reason: RefusalReason): void {
        release();
        sink.refused(reason);
      }

      /** Makes room for so many bytes in all; false: there is none. */
      function reserve(needed: number): boolean {
        if (needed <= buffer.length) return true;
        const grown = Math.min(
          Math.max(buffer.length * 2, needed, headBytes + GROWTH_BYTES),
          headBytes + maxBodyBytes,
        );
        if (grown < needed || gatheredBytes + grown - buffer.length > maxBytes) return false;
        const larger = new Uint8Array(grown);
        larger.set(buffer.subarray(0, length));
        gatheredBytes += grown - buffer.length;
        buffer = larger;
        return true;
      }

      return {
        data(bytes, from, to) {
          if (isOver) return;
          const needed = length + (to - from);
          if (needed - headBytes > maxBodyBytes || !reserve(needed)) {
            refuse("too_large");
            return;
          }
          buffer.set(bytes.subarray(from, to), length);
          length = needed;
        },
        end() {
          if (isOver) return;
          const view: RequestView = {
            bytes: buffer,
            start: 0,
            methodEnd: methodEnd - start,
            targetStart: targetStart - start,
            targetEnd: targetEnd - start,
            lineEnd: lineEnd - start,
            headEnd: headBytes,
            bodyEnd: length,
            method,
            minorVersion,
            fields,
            fieldCount,
            framing,
            contentLength,
            timeNs,
            sample,
          };
          release();
          whole(view, sink);
        },
        cut() {
          if (!isOver) refuse("request_cut");
        },
      };
    },
  };
}

/** The fields as if the request began at 0. */
function fieldsOf({ fields, fieldCount, start }: RequestView): Int32Array {
  return fields.slice(0, fieldCount * FIELD_STRIDE).map((offset) => offset - start);
}

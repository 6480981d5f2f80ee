import type { BodyReceiver } from "../model/request.ts";
import type { Admission } from "./admission.ts";
import type { Lane } from "./lane.ts";
import type { ShadowRequest } from "./shadow-request.ts";
import type { StreamBody } from "./stream-body.ts";

/** For requests that were refused. */
export const NO_RECEIVER: BodyReceiver = { data() {}, end() {}, cut() {} };

/** Takes the body of one streamed copy: straight to the connection when that takes it, else to what waits. */
export function createStreamReceiver(
  lane: Lane,
  request: ShadowRequest,
  body: StreamBody,
  admission: Admission,
): BodyReceiver {
  return {
    data(bytes, start, end) {
      if (request.decided) return;
      const taken = lane.writeStream(request, bytes, start, end);
      const isAll = start + taken === end || body.add(bytes, start + taken, end);
      admission.acceptedBody(isAll ? end - start : taken);
      if (!isAll) lane.cut(request, "buffer_full", "queue_full");
    },
    end() {
      if (request.decided) return;
      body.ended = true;
      lane.go();
    },
    cut() {
      if (!request.decided) lane.cut(request, "request_cut", "request_cut");
    },
  };
}

/** One receiver for the same body at several targets. */
export function fanOut(receivers: readonly BodyReceiver[]): BodyReceiver {
  const [only] = receivers;
  if (only === undefined) return NO_RECEIVER;
  if (receivers.length === 1) return only;
  return {
    data(bytes, start, end) {
      for (const receiver of receivers) receiver.data(bytes, start, end);
    },
    end() {
      for (const receiver of receivers) receiver.end();
    },
    cut(reason) {
      for (const receiver of receivers) receiver.cut(reason);
    },
  };
}

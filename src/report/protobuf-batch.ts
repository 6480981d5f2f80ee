import protobuf from "protobufjs/minimal.js";
import type { LineBatch } from "./line-batch.ts";
import { cutPath, shownMethod } from "./text.ts";
import { shadowtap } from "./wire.gen.js";

const { MirroredRequest } = shadowtap.v1alpha1;

const MAX_UINT32 = 0xffffffff;

function microseconds(durationNs: number): number {
  return Math.min(Math.round(durationNs / 1e3), MAX_UINT32);
}

/** Frames of proto/shadowtap/v1alpha1/exchange.proto, each behind its length as a varint. */
export function createProtobufBatch(targets: readonly string[]): LineBatch {
  let writer = protobuf.Writer.create();
  // Filled again for every frame: the encoder copies, and the garbage collector has better things to do.
  const live = { status: 0, latencyUs: 0 };
  const answer = { status: 0, latencyUs: 0 };
  const failure = { kind: "", reason: "" };
  const message = {
    timeUnixUs: 0,
    method: "",
    path: "",
    live: live as typeof live | null,
    target: "",
    rule: "",
    answer: answer as typeof answer | null,
    failure: failure as typeof failure | null,
    delayUs: 0 as number | null,
  };

  return {
    add(exchange, targetIndex, outcome, wallMs, delayNs) {
      message.timeUnixUs = Math.round(wallMs * 1e3);
      message.method = shownMethod(exchange.method);
      message.path = cutPath(exchange.path);
      live.status = exchange.liveStatus;
      live.latencyUs = microseconds(exchange.liveLatencyNs);
      message.live = live.status === 0 && live.latencyUs === 0 ? null : live;
      message.target = targets[targetIndex] ?? "";
      message.rule = exchange.rule;
      if (outcome.kind === "delivered") {
        answer.status = outcome.status;
        answer.latencyUs = microseconds(outcome.latencyNs);
        message.answer = answer;
        message.failure = null;
      } else {
        failure.kind = outcome.kind;
        failure.reason = outcome.reason;
        message.answer = null;
        message.failure = failure;
      }
      message.delayUs = delayNs < 0 ? null : microseconds(delayNs);
      MirroredRequest.encode(message, writer.fork()).ldelim();
    },
    get bytes() {
      return writer.len;
    },
    take() {
      const bytes = writer.finish();
      writer = protobuf.Writer.create();
      return bytes;
    },
  };
}

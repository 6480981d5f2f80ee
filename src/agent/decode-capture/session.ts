import { createCaptureFileReader } from "../../capture/pcap/capture-file.ts";
import { createPacketSource } from "../../capture/pcap/packet-source.ts";
import { createHttp1Decode } from "../../decode/decode.ts";
import type { NoticeSink } from "../../decode/detect.ts";
import type { DecodedCapture, DecodedSink } from "../../model/decoded.ts";
import { createCaptureLedger } from "../../model/ledger.ts";
import { createPacketLedger } from "../../model/packet-ledger.ts";
import type { PortRange } from "../../model/rule.ts";
import { type CaptureClock, createRequestDescriber } from "./describe-requests.ts";

/** One capture file on its way through the decoder. */
export interface CaptureSession {
  /** Takes the file piece by piece; throws ST_CAPTURE_UNREADABLE at the first byte that cannot be. */
  push(chunk: Uint8Array): void;
  /** The file is over. Throws when it ends in the middle of something. */
  end(): void;
  /** Nothing more comes, whatever the reason: counts what was under way. */
  close(): void;
  result(): DecodedCapture;
}

const SWEEP_EVERY_NS = 1e9;
/** Nobody waits for the requests of a file: a retransmission has a minute to come. How much waits for it is bounded anyway. */
const PATIENCE_NS = 60e9;

/** Everything between the bytes of a file and its requests. Nothing is kept but what waits for bytes that are missing. */
export function createCaptureSession(
  ports: readonly PortRange[],
  onDecoded: DecodedSink,
  onNotice: NoticeSink,
): CaptureSession {
  const packets = createPacketLedger();
  const requests = createCaptureLedger();
  let nowNs = 0;
  let sweptNs = 0;
  let fileBytes = 0;
  const clock: CaptureClock = {
    wallMs: (timeNs) => source.startSeconds * 1000 + timeNs / 1e6,
    get nowNs() {
      return nowNs;
    },
  };
  const decode = createHttp1Decode(
    {},
    createRequestDescriber(clock, onDecoded),
    requests,
    onNotice,
  );
  const source = createPacketSource(ports, packets, (segment) => {
    nowNs = segment.timeNs;
    decode.push(segment);
    if (Math.abs(nowNs - sweptNs) < SWEEP_EVERY_NS) return;
    sweptNs = nowNs;
    decode.sweep(nowNs - PATIENCE_NS);
  });
  const file = createCaptureFileReader(source.packet);

  return {
    push(chunk) {
      fileBytes += chunk.length;
      file.push(chunk);
    },
    end: file.end,
    close: decode.end,
    result: () => ({
      format: file.format,
      fileBytes,
      blocksSkipped: file.blocksSkipped,
      ports: ports
        .map(({ first, last }) => (first === last ? first : `${first}-${last}`))
        .join(","),
      packets,
      requests,
    }),
  };
}

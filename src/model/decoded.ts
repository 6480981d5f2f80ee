import type { CaptureLedger } from "./ledger.ts";
import type { PacketLedger } from "./packet-ledger.ts";
import type { BodyFraming, CutReason } from "./request.ts";

/** One request of a capture file. It holds no header field, no query and no body. */
export interface DecodedRequest {
  /** Milliseconds since 1970, as the capture says: when its first byte came. */
  readonly timeMs: number;
  /** From its first byte to its last. */
  readonly durationMs: number;
  /** Which connection of the capture, counted from 1. */
  readonly connection: number;
  readonly method: string;
  /** Request target without its query. */
  readonly path: string;
  readonly framing: BodyFraming;
  /** Of the body as it was meant: without chunk framing. */
  readonly bodyBytes: number;
  /** SHA-256 of it in hexadecimal; undefined without a body, and when it is cut. */
  readonly bodySha256: string | undefined;
  /** Why the rest of the body is not known. */
  readonly cut: CutReason | undefined;
}

export type DecodedSink = (request: DecodedRequest) => void;

/** Everything that was read of a capture file, and what became of it. */
export interface DecodedCapture {
  /** Undefined when the file ended before it could be told. */
  readonly format: "pcap" | "pcapng" | undefined;
  readonly fileBytes: number;
  /** Blocks of pcapng that say nothing about packets. */
  readonly blocksSkipped: number;
  /** As it is typed: `8080`, `8080,9000-9010`. */
  readonly ports: string;
  readonly packets: PacketLedger;
  readonly requests: CaptureLedger;
}

import type { LiveConnection } from "../model/connection.ts";
import { hashAddress } from "../model/sample.ts";
import { type Segment, SegmentFlag, TUPLE_WORDS } from "../model/segment.ts";
import { Http1Session, type SessionShared } from "./http1/session.ts";

/** Client bytes that came before their turn. Sequence numbers are int32. */
export interface QueuedChunk {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly timeNs: number;
  readonly flags: number;
  /** The number drawn for the request that begins with the chunk; -1 without. */
  readonly sample: number;
  /** These bytes came twice, with different content: which of both the server took is its kernel's secret. */
  readonly isDoubtful: boolean;
}

/** Byte offsets in a tuple, as in `st_tuple` of bpf/shadowtap.h. */
const CLIENT_ADDRESS = 8;
const SERVER_ADDRESS = 24;
const PORTS = 40;
const BYTES_PER_WORD = 4;

/**
 * One live connection: identity, the TCP state of its client direction, and its HTTP session. Sequence numbers are kept as
 * int32, so that they are small integers to V8 and their difference modulo 2^32 is `(a - b) | 0`.
 *
 * A class because one lives per flow and is touched by every segment.
 */
export class Connection implements LiveConnection {
  readonly id: number;
  readonly flowKey: number;
  readonly tuple: Uint32Array;
  readonly session: Http1Session;
  readonly sample: number;
  /** What the flow's newest record said. */
  generation = 0;
  rulesLow = 0;
  rulesHigh = 0;
  isOwnerPending = false;

  /** Flow table: next flow with an equal key, and neighbours in order of last use. */
  nextWithKey: Connection | undefined;
  older: Connection | undefined;
  newer: Connection | undefined;
  touchedNs: number;

  /** Next client byte that is due. */
  nextSeq: number;
  /** First sequence number after the SYN, when that was seen. */
  firstSeq: number | undefined;
  queue: QueuedChunk[] | undefined;
  queuedBytes = 0;
  /** `SegmentFlag` bits of a record that announced a hole which has not shown yet. */
  announced = 0;
  /** Request starts that such a record said were lost and counted. */
  announcedStarts = 0;
  /** Where the client's FIN is, when one was seen. */
  finSeq: number | undefined;
  isClientDone = false;
  isServerDone = false;
  /** A client segment was seen, so that `session.clientAck` is known. */
  hasClientAck = false;
  /** Where the server's last response start was. */
  lastStartSeq: number | undefined;
  /** Where the last record began that said that the requests before it were left out. */
  selectedSeq: number | undefined;
  private hashedClient: number | undefined;

  constructor(
    id: number,
    segment: Segment,
    nextSeq: number,
    isSynced: boolean,
    shared: SessionShared,
  ) {
    this.id = id;
    this.flowKey = segment.flowKey;
    this.tuple = segment.words.slice(segment.tupleAt, segment.tupleAt + TUPLE_WORDS);
    this.sample = segment.flowKey % 2 ** 32;
    this.touchedNs = segment.timeNs;
    this.nextSeq = nextSeq;
    this.firstSeq = isSynced ? nextSeq : undefined;
    this.session = new Http1Session(this, shared, isSynced);
  }

  /** Takes over what a record says of the whole connection; before its bytes are handed on. */
  heed(segment: Segment): void {
    this.generation = segment.generation;
    this.rulesLow = segment.rulesLow;
    this.rulesHigh = segment.rulesHigh;
    this.isOwnerPending = segment.toServer && (segment.flags & SegmentFlag.ownerPending) !== 0;
  }

  clientSample(): number {
    this.hashedClient ??= hashAddress(this.tuple, CLIENT_ADDRESS / BYTES_PER_WORD);
    return this.hashedClient;
  }

  client(): string {
    return endpoint(this.tuple, CLIENT_ADDRESS, 0);
  }

  server(): string {
    return endpoint(this.tuple, SERVER_ADDRESS, 1);
  }
}

function endpoint(tuple: Uint32Array, addressAt: number, portIndex: 0 | 1): string {
  const address = new Uint8Array(tuple.buffer, tuple.byteOffset + addressAt, 16);
  const port = new Uint16Array(tuple.buffer, tuple.byteOffset + PORTS, 2)[portIndex];
  const isMapped =
    address[10] === 0xff && address[11] === 0xff && address.subarray(0, 10).every((b) => b === 0);
  if (isMapped) return `${address.subarray(12).join(".")}:${port}`;
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2)
    groups.push((((address[at] ?? 0) << 8) | (address[at + 1] ?? 0)).toString(16));
  // The URL parser writes the canonical form of RFC 5952, in brackets.
  return `${new URL(`http://[${groups.join(":")}]/`).hostname}:${port}`;
}

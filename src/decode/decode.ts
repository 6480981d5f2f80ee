import type { CaptureLedger } from "../model/ledger.ts";
import type { RequestSink } from "../model/request.ts";
import { type Segment, SegmentFlag, TcpFlag } from "../model/segment.ts";
import { Connection } from "./connection.ts";
import type { NoticeSink } from "./detect.ts";
import { createFlowTable } from "./flow-table.ts";
import { createHoldArena } from "./hold-arena.ts";
import { RequestHead } from "./http1/request-head.ts";
import { type ResponseStart, responseStatus } from "./http1/response-start.ts";
import type { EndCause, SessionShared } from "./http1/session.ts";
import { announcedBy, createReassembly, nextRequestSeq } from "./tcp-reassembly.ts";

/** Limits of the decoder; every one has a default. */
export interface DecodeOptions {
  /** A request head beyond this is refused as `header_too_large`. Default 64 KiB. */
  readonly maxHeadBytes?: number;
  /** Bodies up to this are held and handed on whole, larger ones streamed. Default 64 KiB. */
  readonly holdBytes?: number;
  /** Memory for everything that is held, over all connections. Default 64 MiB. */
  readonly maxHeldBytes?: number;
  /** Connections remembered at once. Default 65,536. */
  readonly maxConnections?: number;
  /** A connection without a segment for this long is forgotten. Default 10 min. */
  readonly maxIdleNs?: number;
  /**
   * Whether any rule names users: then a request is handed on only when its connection's owner is certain. Asked again for every request
   * of a connection whose owner is not. Default: no.
   */
  readonly needsOwner?: () => boolean;
}

/** Segments of both directions in, requests out. Synchronous; nothing is kept of a segment that is not copied. */
export interface Decode {
  push(segment: Segment): void;
  /** Gives up what is too old: holes after 1 s, idle connections. Called about once a second. */
  sweep(nowNs: number): void;
  /** The capture is over: counts what was under way and closes every connection. */
  end(): void;
  /** Live connections that are remembered. */
  readonly connections: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
/** No window is larger: what lies further back than this belongs to other numbers, wrapped or of another connection. */
const MAX_BEHIND_BYTES = 16 * MIB;

/** The HTTP/1.x decoder of one payload process: flow table, reassembly and one session per connection. */
export function createHttp1Decode(
  options: DecodeOptions,
  sink: RequestSink,
  ledger: CaptureLedger,
  notice: NoticeSink,
): Decode {
  const { maxConnections = 65536, maxIdleNs = 600e9 } = options;
  const shared: SessionShared = {
    sink,
    ledger,
    notice,
    head: new RequestHead(),
    arena: createHoldArena(options.maxHeldBytes ?? 64 * MIB),
    maxHeadBytes: options.maxHeadBytes ?? 64 * KIB,
    holdBytes: options.holdBytes ?? 64 * KIB,
    needsOwner: options.needsOwner ?? (() => false),
  };
  const table = createFlowTable();
  const reassembly = createReassembly({
    maxQueuedSegments: 256,
    maxQueuedBytes: MIB,
    maxQueuedBytesInAll: 32 * MIB,
    maxHoleAgeNs: 1e9,
  });
  const start: ResponseStart = { status: 0, timeNs: 0, nextSeq: 0, isInStep: false };
  let lastId = 0;

  function open(segment: Segment, nextSeq: number, isSynced: boolean): Connection {
    const oldest = table.size >= maxConnections ? table.oldest() : undefined;
    if (oldest !== undefined) close(oldest, "evicted");
    const connection = new Connection(++lastId, segment, nextSeq | 0, isSynced, shared);
    table.add(connection);
    return connection;
  }

  function close(connection: Connection, cause: EndCause): void {
    reassembly.flush(connection);
    reassembly.drop(connection);
    connection.session.close(cause);
    table.remove(connection);
    sink.closed(connection);
  }

  /** A SYN begins a connection, unless it is a copy of the one that began this one. A SYN-ACK stands in for a SYN not seen. */
  function opened(segment: Segment, known: Connection | undefined): Connection {
    const firstSeq = (segment.toServer ? segment.seq : segment.ack) | 0;
    if (known?.firstSeq === firstSeq) return known;
    if (known !== undefined) close(known, "closed");
    return open(segment, firstSeq, true);
  }

  /**
   * The first record of a connection of which all was seen opens it where its first request begins, unless it is a copy
   * of the one that did. When some of that was then lost, what is left can only be joined.
   */
  function begun(segment: Segment, known: Connection | undefined): Connection | undefined {
    if (!segment.toServer) return known;
    const firstSeq = nextRequestSeq(segment);
    const isWhole = announcedBy(segment) === 0;
    if (isWhole && known?.firstSeq === firstSeq) return known;
    if (known !== undefined) close(known, "closed");
    if (!isWhole) return undefined;
    const connection = open(segment, firstSeq, true);
    // Sent before the answers to requests that were left out: such an answer may come where its own is expected.
    const isPipelined = (segment.flags & SegmentFlag.atBoundary) === 0;
    if (isPipelined && firstSeq === (segment.seq | 0))
      connection.session.hole("selected", 0, false);
    return connection;
  }

  /** First sight of a connection that was open before the capture. */
  function join(segment: Segment): Connection | undefined {
    const { toServer, bytes, start: from, end } = segment;
    if (from === end || (!toServer && responseStatus(bytes, from, end) === 0)) return undefined;
    const connection = open(segment, toServer ? segment.seq : segment.ack, false);
    reassembly.joined(connection, segment);
    return connection;
  }

  /** The server acknowledges other numbers than ours: the SYN that we believed was a stray, and we are joining. */
  function isAstray(connection: Connection, { tcpFlags, toServer, ack }: Segment): boolean {
    const isData = (tcpFlags & TcpFlag.ack) !== 0 && (tcpFlags & TcpFlag.rst) === 0;
    return !toServer && isData && ((ack - connection.nextSeq) | 0) < -MAX_BEHIND_BYTES;
  }

  function server(connection: Connection, segment: Segment, isFirst: boolean): void {
    const { tcpFlags } = segment;
    if ((tcpFlags & TcpFlag.ack) !== 0 && !isFirst) reassembly.acknowledged(connection, segment);
    const { start: from, end } = segment;
    if (from < end) {
      const status = responseStatus(segment.bytes, from, end);
      if (status !== 0 && isNewStart(connection, segment.seq | 0))
        responseStart(connection, segment, status);
    }
    if ((tcpFlags & TcpFlag.fin) !== 0) connection.isServerDone = true;
  }

  /** False for a retransmission: its acknowledgement is of today, but the answer is an old one. */
  function isNewStart(connection: Connection, seq: number): boolean {
    const { lastStartSeq, session, hasClientAck } = connection;
    if (hasClientAck && ((seq - session.clientAck) | 0) < 0) return false;
    if (lastStartSeq === undefined) return true;
    const since = (seq - lastStartSeq) | 0;
    return since > 0 || since < -MAX_BEHIND_BYTES;
  }

  function responseStart(connection: Connection, segment: Segment, status: number): void {
    const seq = segment.seq | 0;
    const { session, nextSeq, queue, hasClientAck } = connection;
    connection.lastStartSeq = seq;
    start.status = status;
    start.timeNs = segment.timeNs;
    start.nextSeq = (seq + segment.payloadBytes) | 0;
    start.isInStep =
      queue === undefined &&
      (segment.ack | 0) === nextSeq &&
      hasClientAck &&
      seq === session.clientAck;
    session.responseStart(start);
  }

  function isOver(connection: Connection, tcpFlags: number): boolean {
    if ((tcpFlags & TcpFlag.rst) !== 0) return true;
    if (!connection.isServerDone) return false;
    return (
      connection.isClientDone || (connection.queue === undefined && connection.session.isQuiet)
    );
  }

  return {
    push(segment) {
      const { tcpFlags } = segment;
      let connection = table.find(segment);
      if ((tcpFlags & TcpFlag.syn) !== 0) connection = opened(segment, connection);
      else if ((segment.flags & SegmentFlag.fromStart) !== 0)
        connection = begun(segment, connection);
      if (connection !== undefined && isAstray(connection, segment)) {
        close(connection, "evicted");
        connection = undefined;
      }
      const isFirst = connection === undefined;
      connection ??= join(segment);
      if (connection === undefined) return;
      table.touch(connection, segment.timeNs);
      connection.heed(segment);
      if (segment.toServer) reassembly.client(connection, segment);
      else server(connection, segment, isFirst);
      if ((tcpFlags & (TcpFlag.fin | TcpFlag.rst)) !== 0 || connection.isServerDone)
        if (isOver(connection, tcpFlags)) close(connection, "closed");
    },
    sweep(nowNs) {
      reassembly.sweep(nowNs);
      for (let oldest = table.oldest(); oldest !== undefined; oldest = table.oldest()) {
        if (nowNs - oldest.touchedNs < maxIdleNs) break;
        close(oldest, "evicted");
      }
    },
    end() {
      for (let next = table.oldest(); next !== undefined; next = table.oldest()) {
        next.session.detach(next.queue !== undefined);
        reassembly.drop(next);
        table.remove(next);
        sink.closed(next);
      }
    },
    get connections() {
      return table.size;
    },
  };
}

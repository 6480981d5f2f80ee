import { type Segment, SegmentFlag, TcpFlag } from "../model/segment.ts";
import type { Connection, QueuedChunk } from "./connection.ts";
import { announcedCause } from "./http1/lost-requests.ts";

/** Limits of what waits for a hole to be filled. */
export interface ReassemblyOptions {
  readonly maxQueuedSegments: number;
  readonly maxQueuedBytes: number;
  /** Over all connections. */
  readonly maxQueuedBytesInAll: number;
  /** A hole older than this is given up. */
  readonly maxHoleAgeNs: number;
}

/** Puts the client's direction in order: retransmission, overlap, disorder and holes, RFC 9293 section 3.4. */
export interface Reassembly {
  /** Heeds what the first record of a joined connection says of the bytes before it. */
  joined(connection: Connection, segment: Segment): void;
  /** Takes one client segment: in-order bytes go to the connection's session at once, others wait. */
  client(connection: Connection, segment: Segment): void;
  /** A server segment acknowledges client bytes: those which have not come by then will not come. */
  acknowledged(connection: Connection, segment: Segment): void;
  /** Gives up every hole and hands on what waits: the connection is over. */
  flush(connection: Connection): void;
  /** Forgets what waits. */
  drop(connection: Connection): void;
  /** Gives up holes that are too old. */
  sweep(nowNs: number): void;
}

/** Bytes further ahead than this cannot belong to the window: a stray, unless a hole was announced. */
const MAX_AHEAD_BYTES = 16 * 1024 * 1024;
const ANNOUNCED = SegmentFlag.lostBefore | SegmentFlag.skippedBefore;

/** What the capture says of the bytes before a record. While a flow is refused it says it by the bytes alone. */
function announcedBy(segment: Segment): number {
  const skipped = segment.skippedBytes > 0 ? SegmentFlag.skippedBefore : 0;
  return (segment.flags & ANNOUNCED) | skipped;
}

/** Only connections that have a hole cost anything here beyond a few comparisons. */
export function createReassembly(options: ReassemblyOptions): Reassembly {
  const waiting = new Set<Connection>();
  let queuedBytes = 0;

  function client(connection: Connection, segment: Segment): void {
    const { start, end } = segment;
    const seq = segment.seq | 0;
    const { session } = connection;
    // The first SYN acknowledges nothing: its field is 0, which is half the sequence space away from some numbers.
    if ((segment.tcpFlags & TcpFlag.ack) !== 0) noteAck(connection, segment.ack | 0);
    if (connection.isClientDone) return;
    const ahead = (seq - connection.nextSeq) | 0;
    const isFin = (segment.tcpFlags & TcpFlag.fin) !== 0;
    if (ahead === 0 && connection.queue === undefined && !isFin) {
      if (start === end) return;
      connection.announced = 0;
      connection.announcedStarts = 0;
      connection.nextSeq = (seq + (end - start)) | 0;
      session.data(segment.bytes, start, end, segment.timeNs, segment.flags);
      return;
    }
    if (ahead > 0) {
      note(connection, segment);
      if (connection.announced !== 0) advance(connection, seq);
      else if (ahead > MAX_AHEAD_BYTES) return;
    }
    if (ahead === 0) {
      connection.announced = 0;
      connection.announcedStarts = 0;
    }
    if (isFin) connection.finSeq = (seq + (end - start)) | 0;
    take(connection, segment);
    finish(connection);
  }

  function noteAck(connection: Connection, ack: number): void {
    const { session } = connection;
    if (connection.hasClientAck && ((ack - session.clientAck) | 0) <= 0) return;
    connection.hasClientAck = true;
    session.clientAck = ack;
  }

  /** Hands on what is due of the segment, or lets it wait. */
  function take(connection: Connection, segment: Segment): void {
    const { bytes, start, end } = segment;
    const seq = segment.seq | 0;
    const done = Math.max(0, (connection.nextSeq - seq) | 0);
    if (done >= end - start) return;
    const from = (seq + done) | 0;
    const flags = done === 0 ? segment.flags : segment.flags & ~SegmentFlag.atBoundary;
    if (connection.queue === undefined && from === connection.nextSeq) {
      connection.nextSeq = (seq + (end - start)) | 0;
      connection.session.data(bytes, start + done, end, segment.timeNs, flags);
      return;
    }
    const queue = connection.queue ?? [];
    connection.queue = queue;
    waiting.add(connection);
    const added = enqueue(queue, bytes.subarray(start + done, end), from, segment.timeNs, flags);
    connection.queuedBytes += added;
    queuedBytes += added;
    drain(connection);
    while (
      connection.queue !== undefined &&
      (connection.queue.length > options.maxQueuedSegments ||
        connection.queuedBytes > options.maxQueuedBytes ||
        queuedBytes > options.maxQueuedBytesInAll)
    )
      advance(connection, (connection.queue[0] as QueuedChunk).seq);
  }

  /** Hands on what waited and is due now. */
  function drain(connection: Connection): void {
    const { queue } = connection;
    if (queue === undefined) return;
    let taken = 0;
    for (const { seq, bytes, timeNs, flags } of queue) {
      if (seq !== connection.nextSeq) break;
      taken++;
      connection.queuedBytes -= bytes.length;
      queuedBytes -= bytes.length;
      connection.nextSeq = (seq + bytes.length) | 0;
      connection.session.data(bytes, 0, bytes.length, timeNs, flags);
    }
    queue.splice(0, taken);
    if (queue.length === 0) drop(connection);
  }

  /** Keeps what a record says of the past until a hole shows. */
  function note(connection: Connection, segment: Segment): void {
    const announced = announcedBy(segment);
    connection.announced |= announced;
    connection.announcedStarts += segment.lostStarts;
    // A server segment that follows what was skipped is its answer; a client's begins the next request.
    if (!segment.toServer && (announced & SegmentFlag.skippedBefore) !== 0)
      connection.announcedStarts++;
  }

  function tellHole(connection: Connection): void {
    const { announced, announcedStarts } = connection;
    connection.announcedStarts = 0;
    connection.session.hole(announcedCause(announced), announcedStarts);
  }

  /** Goes on at `to`, telling the session of every hole before it. */
  function advance(connection: Connection, to: number): void {
    while (((to - connection.nextSeq) | 0) > 0) {
      const first = connection.queue?.[0];
      const isWithin = first !== undefined && ((first.seq - to) | 0) < 0;
      connection.nextSeq = isWithin ? first.seq : to;
      tellHole(connection);
      drain(connection);
    }
    connection.announced = 0;
  }

  function finish(connection: Connection): void {
    if (connection.finSeq !== connection.nextSeq || connection.isClientDone) return;
    connection.nextSeq = (connection.nextSeq + 1) | 0;
    connection.isClientDone = true;
    drop(connection);
    connection.session.clientDone();
  }

  function drop(connection: Connection): void {
    queuedBytes -= connection.queuedBytes;
    connection.queuedBytes = 0;
    connection.queue = undefined;
    waiting.delete(connection);
  }

  return {
    joined(connection, segment) {
      note(connection, segment);
      if (connection.announced !== 0) tellHole(connection);
      connection.announced = 0;
    },
    client,
    acknowledged(connection, segment) {
      const ack = segment.ack | 0;
      const ahead = (ack - connection.nextSeq) | 0;
      note(connection, segment);
      if (ahead <= 0 || connection.isClientDone) return;
      const { finSeq, queue } = connection;
      const isServerFin = (segment.tcpFlags & TcpFlag.fin) !== 0;
      // One number more than there were bytes, on a connection that ends: a FIN that was not captured.
      if (ahead === 1 && isServerFin && queue === undefined && connection.session.isQuiet)
        connection.finSeq = connection.nextSeq;
      else {
        const isPastFin = finSeq !== undefined && ((ack - finSeq) | 0) > 0;
        advance(connection, isPastFin ? finSeq : ack);
      }
      finish(connection);
    },
    flush(connection) {
      const last = connection.queue?.at(-1);
      if (last !== undefined) advance(connection, (last.seq + last.bytes.length) | 0);
      finish(connection);
    },
    drop,
    sweep(nowNs) {
      for (const connection of waiting) {
        const first = connection.queue?.[0];
        if (first === undefined || nowNs - first.timeNs < options.maxHoleAgeNs) continue;
        advance(connection, first.seq);
        finish(connection);
      }
    },
  };
}

/** Puts what is new of `bytes` (at `from`) into the ordered queue, as copies; first copy wins. Returns the bytes added. */
function enqueue(
  queue: QueuedChunk[],
  bytes: Uint8Array,
  from: number,
  timeNs: number,
  flags: number,
): number {
  const end = (from + bytes.length) | 0;
  let at = from;
  let index = 0;
  let added = 0;
  const put = (to: number) => {
    const piece = bytes.slice((at - from) | 0, (to - from) | 0);
    const pieceFlags = at === from ? flags : flags & ~SegmentFlag.atBoundary;
    queue.splice(index++, 0, { seq: at, bytes: piece, timeNs, flags: pieceFlags });
    added += piece.length;
  };
  while (index < queue.length && ((end - at) | 0) > 0) {
    const { seq, bytes: waiting } = queue[index] as QueuedChunk;
    const waitingEnd = (seq + waiting.length) | 0;
    if (((seq - at) | 0) > 0) put(((seq - end) | 0) < 0 ? seq : end);
    if (((waitingEnd - at) | 0) > 0) at = waitingEnd;
    index++;
  }
  if (((end - at) | 0) > 0) put(end);
  return added;
}

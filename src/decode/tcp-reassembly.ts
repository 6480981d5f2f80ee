import { type Segment, SegmentFlag, TcpFlag } from "../model/segment.ts";
import { enqueue } from "./chunk-queue.ts";
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

/** Bytes further ahead than this cannot belong to the window: a stray, unless a hole was announced. Nor further behind. */
const MAX_AWAY_BYTES = 16 * 1024 * 1024;
const { lostBefore, skippedBefore, selectedBefore, fromStart, atBoundary, sampled } = SegmentFlag;

/**
 * The `SegmentFlag` bits of holes that the capture says are before a record. While a flow is refused it says it by the bytes
 * alone; with `fromStart` and `selectedBefore` they say something else.
 */
export function announcedBy({ flags, skippedBytes, toServer }: Segment): number {
  const heeded = lostBefore | skippedBefore | (toServer ? selectedBefore : 0);
  const isSkipped = skippedBytes > 0 && (flags & (fromStart | selectedBefore)) === 0;
  return (flags & heeded) | (isSkipped ? skippedBefore : 0);
}

/** The number drawn for the request that the segment begins with; -1 without. */
function sampleOf(segment: Segment): number {
  return (segment.flags & sampled) !== 0 ? segment.sample : -1;
}

/**
 * Where the first request begins after those that were left out: `skippedBytes` before a record that says so, unless these are
 * bytes that were skipped. More than 0 if that record came before others that are on its left.
 */
export function nextRequestSeq({ flags, seq, skippedBytes }: Segment): number {
  return (flags & skippedBefore) === 0 ? (seq - skippedBytes) | 0 : seq | 0;
}

/**
 * Whether a record with `selectedBefore` tells of a hole, which ends at `to`. So many bytes may have been left out that their
 * numbers do not tell ahead from behind: then it is behind only as a copy of the record that told of them. Where bytes were lost as
 * well, it may be a retransmission of others.
 */
function isBeyondSelected(connection: Connection, segment: Segment, to: number): boolean {
  const ahead = (to - connection.nextSeq) | 0;
  if (ahead > 0) return true;
  if (announcedBy(segment) !== selectedBefore) return ahead < -MAX_AWAY_BYTES;
  return ahead < 0 && to !== connection.selectedSeq;
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
    const isFin = (segment.tcpFlags & TcpFlag.fin) !== 0;
    if (seq === connection.nextSeq && connection.queue === undefined && !isFin) {
      if (start === end) return;
      connection.announced = 0;
      connection.announcedStarts = 0;
      connection.nextSeq = (seq + (end - start)) | 0;
      const { bytes, timeNs, flags } = segment;
      session.data(bytes, start, end, timeNs, flags, sampleOf(segment));
      return;
    }
    const isSelected = (segment.flags & selectedBefore) !== 0;
    if (isSelected) leap(connection, segment);
    const ahead = (seq - connection.nextSeq) | 0;
    if (ahead > 0) {
      if (!isSelected) note(connection, segment);
      if (connection.announced !== 0) advance(connection, seq, ahead);
      else if (ahead > MAX_AWAY_BYTES) return;
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

  /** Goes on behind requests that were left out. The server has answered them, with any number of bytes. */
  function leap(connection: Connection, segment: Segment): void {
    const to = nextRequestSeq(segment);
    if (!isBeyondSelected(connection, segment, to)) return;
    connection.selectedSeq = to;
    connection.session.clientAck = segment.ack | 0;
    connection.lastStartSeq = undefined;
    note(connection, segment);
    // The server had read all that was left out when it began its last answer.
    if (to === (segment.seq | 0)) connection.announced |= segment.flags & atBoundary;
    advance(connection, to, (to - connection.nextSeq) >>> 0);
  }

  /** Hands on what is due of the segment, or lets it wait. */
  function take(connection: Connection, segment: Segment): void {
    const { bytes, start, end } = segment;
    const seq = segment.seq | 0;
    const done = Math.max(0, (connection.nextSeq - seq) | 0);
    if (done >= end - start) return;
    const from = (seq + done) | 0;
    const { timeNs } = segment;
    const flags = done === 0 ? segment.flags : segment.flags & ~atBoundary;
    const sample = done === 0 ? sampleOf(segment) : -1;
    if (connection.queue === undefined && from === connection.nextSeq) {
      connection.nextSeq = (seq + (end - start)) | 0;
      connection.session.data(bytes, start + done, end, timeNs, flags, sample);
      return;
    }
    const queue = connection.queue ?? [];
    connection.queue = queue;
    waiting.add(connection);
    const fresh = bytes.subarray(start + done, end);
    const chunk = { seq: from, bytes: fresh, timeNs, flags, sample, isDoubtful: false };
    const added = enqueue(queue, chunk);
    connection.queuedBytes += added;
    queuedBytes += added;
    drain(connection);
    while (
      connection.queue !== undefined &&
      (connection.queue.length > options.maxQueuedSegments ||
        connection.queuedBytes > options.maxQueuedBytes ||
        queuedBytes > options.maxQueuedBytesInAll)
    )
      advanceTo(connection, (connection.queue[0] as QueuedChunk).seq);
  }

  /** Hands on what waited and is due now. */
  function drain(connection: Connection): void {
    const { queue } = connection;
    if (queue === undefined) return;
    let taken = 0;
    for (const { seq, bytes, timeNs, flags, sample, isDoubtful } of queue) {
      if (seq !== connection.nextSeq) break;
      taken++;
      connection.queuedBytes -= bytes.length;
      queuedBytes -= bytes.length;
      connection.nextSeq = (seq + bytes.length) | 0;
      if (isDoubtful) connection.session.hole(announcedCause(0), 0, false);
      else connection.session.data(bytes, 0, bytes.length, timeNs, flags, sample);
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

  /** `announced`: what the capture said of this hole. */
  function tellHole(connection: Connection, announced: number): void {
    const { announcedStarts } = connection;
    const isAnswered = (announced & atBoundary) !== 0;
    connection.announcedStarts = 0;
    connection.session.hole(announcedCause(announced), announcedStarts, isAnswered);
  }

  /** Goes on at `to`, `bytes` further on, telling the session of every hole before it. */
  function advance(connection: Connection, to: number, bytes: number): void {
    for (let left = bytes; left > 0; ) {
      const from = connection.nextSeq;
      const first = connection.queue?.[0];
      const isWithin = first !== undefined && (first.seq - from) >>> 0 < left;
      connection.nextSeq = isWithin ? first.seq : to;
      // Requests that were left out are behind everything that waits.
      const { announced } = connection;
      tellHole(connection, isWithin ? announced & ~selectedBefore : announced);
      drain(connection);
      left -= (connection.nextSeq - from) >>> 0;
    }
    connection.announced = 0;
  }

  function advanceTo(connection: Connection, to: number): void {
    advance(connection, to, (to - connection.nextSeq) | 0);
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
      if (connection.announced !== 0) tellHole(connection, connection.announced);
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
        advanceTo(connection, isPastFin ? finSeq : ack);
      }
      finish(connection);
    },
    flush(connection) {
      const last = connection.queue?.at(-1);
      if (last !== undefined) advanceTo(connection, (last.seq + last.bytes.length) | 0);
      finish(connection);
    },
    drop,
    sweep(nowNs) {
      for (const connection of waiting) {
        const first = connection.queue?.[0];
        if (first === undefined || nowNs - first.timeNs < options.maxHoleAgeNs) continue;
        advanceTo(connection, first.seq);
        finish(connection);
      }
    },
  };
}

import { SegmentFlag } from "../model/segment.ts";
import type { QueuedChunk } from "./connection.ts";

/**
 * Puts what is new of a chunk into the ordered queue, as copies. Bytes that wait already and say something else are in doubt from
 * then on, whatever comes after. Returns the bytes added.
 */
export function enqueue(queue: QueuedChunk[], chunk: QueuedChunk): number {
  const { seq: from, bytes, timeNs } = chunk;
  const end = (from + bytes.length) | 0;
  let at = from;
  let index = 0;
  let added = 0;
  const put = (to: number) => {
    const piece = bytes.slice((at - from) | 0, (to - from) | 0);
    const isFront = at === from;
    const flags = isFront ? chunk.flags : chunk.flags & ~SegmentFlag.atBoundary;
    const sample = isFront ? chunk.sample : -1;
    queue.splice(index++, 0, { seq: at, bytes: piece, timeNs, flags, sample, isDoubtful: false });
    added += piece.length;
  };
  while (index < queue.length && ((end - at) | 0) > 0) {
    const known = queue[index] as QueuedChunk;
    const { seq, bytes: waiting } = known;
    const waitingEnd = (seq + waiting.length) | 0;
    if (!known.isDoubtful && contradicts(known, chunk))
      queue[index] = { ...known, isDoubtful: true };
    if (((seq - at) | 0) > 0) put(((seq - end) | 0) < 0 ? seq : end);
    if (((waitingEnd - at) | 0) > 0) at = waitingEnd;
    index++;
  }
  if (((end - at) | 0) > 0) put(end);
  return added;
}

/** Whether two chunks differ in a byte that both have. */
function contradicts(one: QueuedChunk, other: QueuedChunk): boolean {
  const ahead = (other.seq - one.seq) | 0;
  const from = Math.max(0, ahead);
  const to = Math.min(one.bytes.length, ahead + other.bytes.length);
  for (let at = from; at < to; at++) if (one.bytes[at] !== other.bytes[at - ahead]) return true;
  return false;
}

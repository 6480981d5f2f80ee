/**
 * Where the server had read to when it last began a final answer, for each connection: what the kernel programs remember, too. A
 * client segment that begins there begins a request, if answers and requests alternate.
 */
export interface Boundaries {
  /** The server had read up to `seq` when it began to answer; or the connection begins there. */
  set(flowKey: number, seq: number): void;
  /** An interim answer: what the client sends next may be a body. */
  clear(flowKey: number): void;
  isAt(flowKey: number, seq: number): boolean;
}

/** As many as the decoder remembers connections; those whose answers are the oldest are forgotten. */
const MAX_FLOWS = 65_536;

/**
 * Goes by the flow's key alone. That two connections share one is next to impossible, and would make a boundary a candidate that
 * the decoder does not believe.
 */
export function createBoundaries(): Boundaries {
  const seqs = new Map<number, number>();
  return {
    set(flowKey, seq) {
      seqs.delete(flowKey);
      seqs.set(flowKey, seq);
      if (seqs.size <= MAX_FLOWS) return;
      for (const oldest of seqs.keys()) {
        seqs.delete(oldest);
        break;
      }
    },
    clear(flowKey) {
      seqs.delete(flowKey);
    },
    isAt: (flowKey, seq) => seqs.get(flowKey) === seq,
  };
}

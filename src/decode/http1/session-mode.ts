/** What a session knows of the bytes that come: numbers, because they are asked for with every segment. */
export const Mode = {
  /** Message boundaries are known: requests are handed on. */
  synced: 0,
  /** They are not: client bytes are passed over. */
  unsynced: 1,
  /** A boundary is supposed; the request that begins there is being read. */
  candidate: 2,
  /** That request is complete, and kept if it is small; the live answer must come next to prove the boundary. */
  confirming: 3,
  /** A request is kept until its answer begins: it may end HTTP/1.1, or the connection's owner is not certain. */
  waiting: 4,
  /** Not HTTP/1.x, or no longer: nothing is read. */
  ignoring: 5,
} as const;

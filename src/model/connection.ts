/**
 * One live TCP connection, from its SYN (or from when it was joined) to its end: the unit that a shadow connection is
 * pinned to. Identity is the object; a reused tuple is a new connection.
 */
export interface LiveConnection {
  /** Unique within one payload process; for messages and lines only. */
  readonly id: number;
  /** `address:port`, IPv6 in brackets. Formatted on demand: it is needed only for what is printed. */
  client(): string;
  server(): string;
}

/**
 * One live TCP connection, from its SYN (or from when it was joined) to its end: the unit that a shadow connection is
 * pinned to. Identity is the object; a reused tuple is a new connection.
 */
export interface LiveConnection {
  /** Unique within one payload process; for messages and lines only. */
  readonly id: number;
  /** `RuleSet.generation` that the kernel went by when it last let something of this connection through. */
  readonly generation: number;
  /** Rules of that generation whose `from` holds: bits 0 … 31 and 32 … 63, as unsigned. */
  readonly rulesLow: number;
  readonly rulesHigh: number;
  /** Which user owns the connection is not certain yet: rules that name users are in the mask all the same. */
  readonly isOwnerPending: boolean;
  /** 32 bits, uniform over connections: what a share by connection is drawn by. The kernel uses the same. */
  readonly sample: number;
  /** The same for a share by client; equal for all connections of one client address, on every node. */
  clientSample(): number;
  /** `address:port`, IPv6 in brackets. Formatted on demand: it is needed only for what is printed. */
  client(): string;
  server(): string;
}

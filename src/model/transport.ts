/**
 * Non-blocking TCP sockets driven by hand, once a tick: what the plain-HTTP sender needs from the kernel. The room
 * `kernel` implements it over libc; tests may fake it. Failures are negative errno values, never exceptions.
 */
export interface SocketSet {
  /**
   * Starts a connection to a literal address and watches it; returns its descriptor or a negative errno. `poll` reports
   * each change of readiness once (edge-triggered), so whoever receives goes on until less than `received` holds came,
   * and whoever sends waits for `Ready.write` only after `send` took less than it was given.
   */
  connect(address: string, port: number): number;
  /** Outcome of a started connection: 0 connected, an errno, or -1 while pending. */
  connectResult(fd: number): number;
  /** Local address and port of a connection that was started. */
  localAddress(fd: number): { address: string; port: number };
  /** Sends `bytes[start … end)`; returns how many bytes the kernel took, or a negative errno (-11: would block). */
  send(fd: number, bytes: Uint8Array, start: number, end: number): number;
  /** Receives into the set's own buffer `received`; returns the count, 0 at end of stream, or a negative errno. */
  receive(fd: number): number;
  readonly received: Uint8Array;
  /** How long ago data came last, in milliseconds, as coarse as the kernel's clock tick (1 to 10 ms); 0 when that is not known. */
  receivedAgoMs(fd: number): number;
  /** Memory that `send` reads most cheaply from; its only user decides what is where. */
  readonly arena: Uint8Array;
  /** Number of descriptors that are ready now, never waiting; read them with `readyFd(i)`, `readyEvents(i)`. */
  poll(): number;
  readyFd(index: number): number;
  readyEvents(index: number): number;
  /** Closes one connection; `reset` sends RST instead of FIN. */
  close(fd: number, reset: boolean): void;
  /** Waits off the event loop until a watched descriptor is ready, the time is over or the set is disposed of. */
  wait(timeoutMs: number): Promise<void>;
  /** Waits for the descriptor that is not ours only; `timeoutMs` counts from the end of the wait before, if that was as long. */
  waitForeign(timeoutMs: number): Promise<void>;
  /** Ends a wait that is under way. */
  endWait(): void;
  /** Also watch a descriptor that is not ours (the ring), for waiting only: `poll` does not report it. One at most. */
  watchForeign(fd: number): void;
  /** Closes everything. */
  dispose(): void;
}

/** Event bits of `readyEvents`, epoll(7). */
export const Ready = {
  read: 0x1,
  write: 0x4,
  error: 0x8,
  hangup: 0x10,
  /** The peer will send no more. */
  peerClosed: 0x2000,
} as const;

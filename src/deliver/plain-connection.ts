import { getSystemErrorName } from "node:util";
import { Ready, type SocketSet } from "../model/transport.ts";
import type { ConnectionHook } from "./options.ts";
import type { ConnectionEvents, EndReason, ShadowConnection } from "./shadow-connection.ts";

const EAGAIN = 11;
/** Full buffers read from one connection before the others have their turn. */
const READS_PER_TURN = 8;
const OVER = Ready.error | Ready.hangup | Ready.peerClosed;

/** Plain TCP connections over one socket set, read when `poll` is called. */
export interface PlainConnections {
  open(address: string, port: number, events: ConnectionEvents): ShadowConnection;
  /** Handles everything that has become ready, never waiting. */
  poll(): void;
}

export function createPlainConnections(
  sockets: SocketSet,
  onConnect: ConnectionHook,
  onClose: ConnectionHook,
): PlainConnections {
  /** Indexed by descriptor: the kernel keeps those small. */
  const byFd: (PlainConnection | undefined)[] = [];
  /** Have more to read, or ended, without a new event. */
  let unfinished: PlainConnection[] = [];

  /** A class for one hidden class: its methods run twice for every mirrored request. */
  class PlainConnection implements ShadowConnection {
    private readonly events: ConnectionEvents;
    private readonly remoteAddress: string;
    private readonly remotePort: number;
    private readonly fd: number;
    private readonly localAddress: string;
    private readonly localPort: number;
    private connected = false;
    private over = false;
    private wantsWrite = false;

    constructor(address: string, port: number, events: ConnectionEvents) {
      this.events = events;
      this.remoteAddress = address;
      this.remotePort = port;
      this.fd = sockets.connect(address, port);
      if (this.fd < 0) {
        this.localAddress = "";
        this.localPort = 0;
        unfinished.push(this);
        return;
      }
      const local = sockets.localAddress(this.fd);
      this.localAddress = local.address;
      this.localPort = local.port;
      byFd[this.fd] = this;
      onConnect(local.address, local.port, address, port);
    }

    write(bytes: Uint8Array, start: number, end: number): number {
      const taken = sockets.send(this.fd, bytes, start, end);
      if (taken === end - start) return taken;
      if (taken >= 0 || taken === -EAGAIN) {
        this.wantsWrite = true;
        return Math.max(taken, 0);
      }
      // An answer may have come before the end: it is read first, and the end is found behind it.
      unfinished.push(this);
      return 0;
    }

    receivedAgoNs(): number {
      return this.over ? 0 : sockets.receivedAgoMs(this.fd) * 1e6;
    }

    close(reset: boolean): void {
      if (this.over) return;
      this.over = true;
      if (this.fd < 0) return;
      byFd[this.fd] = undefined;
      sockets.close(this.fd, reset);
      onClose(this.localAddress, this.localPort, this.remoteAddress, this.remotePort);
    }

    /** Handles what `poll` reported. */
    ready(bits: number): void {
      if (!this.connected) {
        if (!this.finishConnecting()) return;
      }
      if ((bits & Ready.write) !== 0 && this.wantsWrite && !this.over) {
        this.wantsWrite = false;
        this.events.writable();
      }
      if ((bits & (Ready.read | OVER)) !== 0) this.read((bits & OVER) !== 0);
    }

    /** Goes on with what an earlier turn left. */
    resume(): void {
      if (this.fd < 0) this.end("refused", -this.fd);
      else this.read(true);
    }

    private finishConnecting(): boolean {
      const error = sockets.connectResult(this.fd);
      if (error < 0) return false;
      if (error > 0) {
        this.end("refused", error);
        return false;
      }
      this.connected = true;
      this.events.opened();
      return true;
    }

    /** Reads until nothing is left; `toTheEnd` when the peer's end of stream may be behind the data. */
    private read(toTheEnd: boolean): void {
      for (let turn = 0; turn < READS_PER_TURN; turn++) {
        if (this.over) return;
        const count = sockets.receive(this.fd);
        if (count > 0) {
          this.events.received(sockets.received, 0, count);
          if (count < sockets.received.length && !toTheEnd) return;
        } else {
          if (count !== -EAGAIN) this.end(count === 0 ? "closed" : "reset", -count);
          return;
        }
      }
      if (!this.over) unfinished.push(this);
    }

    private end(reason: EndReason, error: number): void {
      if (this.over) return;
      this.close(false);
      this.events.ended(reason, error === 0 ? "closed by the target" : errorName(error));
    }
  }

  return {
    open: (address, port, events) => new PlainConnection(address, port, events),
    poll() {
      if (unfinished.length > 0) {
        const again = unfinished;
        unfinished = [];
        for (const connection of again) connection.resume();
      }
      const count = sockets.poll();
      for (let i = 0; i < count; i++) byFd[sockets.readyFd(i)]?.ready(sockets.readyEvents(i));
    },
  };
}

function errorName(error: number): string {
  try {
    return getSystemErrorName(-error);
  } catch {
    return `errno ${error}`;
  }
}

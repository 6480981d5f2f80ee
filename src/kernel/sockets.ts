import { isIPv6 } from "node:net";
import { endianness } from "node:os";
import { Ready, type SocketSet } from "../model/transport.ts";
import * as libc from "./libc.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_LINGER = 13;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_INFO = 11;
/** Of `struct tcp_info` (linux/tcp.h), up to and with what is read of it. */
const TCP_INFO_LAST_DATA_RECV = 52;
const TCP_INFO_BYTES = 56;
const MSG_NOSIGNAL = 0x4000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CLOEXEC = SOCK_CLOEXEC;
const EPOLLET = 0x80000000;
const EINTR = 4;
const EINVAL = 22;
const EINPROGRESS = 115;

/** One system call reports at most this many; what is left is reported by the next. */
const MAX_EVENTS = 1024;
/** `struct epoll_event` is packed on x86-64 only. */
const EVENT_BYTES = process.arch === "x64" ? 12 : 16;
const EVENT_DATA = EVENT_BYTES - 8;
const EVENT_WORDS = EVENT_BYTES / 4;
const DATA_WORD = EVENT_DATA / 4;

const RECEIVE_BYTES = 256 * 1024;
const ARENA_BYTES = 16 * 1024 * 1024;

/** Offsets in the scratch buffer that arguments are passed in. */
const ADDRESS = 0;
const LENGTH = 128;
const VALUE = 136;
const TEXT = 192;
const SCRATCH_BYTES = 4096;

const littleEndian = endianness() === "LE";

/**
 * Non-blocking TCP over libc: TCP_NODELAY, close-on-exec, one edge-triggered epoll set. Throws when the process cannot
 * have another descriptor for the set itself; everything later is reported as a negative errno.
 */
export function createSocketSet(): SocketSet {
  const received = new Uint8Array(RECEIVE_BYTES);
  const receivedAt = libc.addressOf(received);
  // Pages of it cost nothing until they are used.
  const arena = new Uint8Array(ARENA_BYTES);
  const arenaAt = libc.addressOf(arena);
  const scratch = new Uint8Array(SCRATCH_BYTES);
  const scratchAt = libc.addressOf(scratch);
  const scratchView = new DataView(scratch.buffer);
  const events = new Uint8Array(Math.max(MAX_EVENTS * EVENT_BYTES, SCRATCH_BYTES));
  const eventsAt = libc.addressOf(events);
  const eventWords = new Int32Array(events.buffer);

  const set = libc.epollCreate(EPOLL_CLOEXEC);
  if (set < 0) throw new Error(`epoll_create1: errno ${libc.errno()}`);
  const watch = libc.watchDescriptor(set);
  let foreign: { readonly set: number; readonly watch: libc.DescriptorWatch } | undefined;
  const open = new Set<number>();
  let finishWait: (() => void) | undefined;
  /** Repeats: to make and remove a timer for every wait was 7 % of the CPU of a process with little to do (perf). */
  let beat: NodeJS.Timeout | undefined;
  let beatMs = 0;
  let disposed = false;

  function add(toSet: number, fd: number, bits: number): number {
    scratchView.setUint32(ADDRESS, (bits | EPOLLET) >>> 0, littleEndian);
    scratchView.setUint32(ADDRESS + EVENT_DATA, fd, littleEndian);
    return libc.epollControl(toSet, EPOLL_CTL_ADD, fd, scratchAt + ADDRESS);
  }

  /** Writes a sockaddr to the scratch buffer; returns its size, 0 when the text is no address. */
  function writeAddress(address: string, port: number): number {
    const v6 = isIPv6(address);
    scratch.fill(0, ADDRESS, ADDRESS + 28);
    scratchView.setUint16(ADDRESS, v6 ? AF_INET6 : AF_INET, littleEndian);
    scratchView.setUint16(ADDRESS + 2, port);
    const at = scratchAt + ADDRESS + (v6 ? 8 : 4);
    if (libc.inetPton(v6 ? AF_INET6 : AF_INET, address, at) !== 1) return 0;
    return v6 ? 28 : 16;
  }

  function connect(address: string, port: number): number {
    const bytes = writeAddress(address, port);
    if (bytes === 0) return -EINVAL;
    const family = scratchView.getUint16(ADDRESS, littleEndian);
    const fd = libc.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -libc.errno();
    scratchView.setInt32(VALUE, 1, littleEndian);
    libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, scratchAt + VALUE, 4);
    let error = libc.connect(fd, scratchAt + ADDRESS, bytes) < 0 ? libc.errno() : 0;
    if (error === EINPROGRESS || error === EINTR) error = 0;
    // Watched only now: an unconnected socket would report a hang-up.
    const bits = Ready.read | Ready.write | Ready.peerClosed;
    if (error === 0 && add(set, fd, bits) < 0) error = libc.errno();
    if (error !== 0) {
      libc.close(fd);
      return -error;
    }
    open.add(fd);
    return fd;
  }

  function endWait(): void {
    finishWait?.();
  }

  /** Until `endWait`. */
  function waitForEnd(onEnd: () => void): Promise<void> {
    if (finishWait !== undefined) throw new Error("a SocketSet waits for one thing at a time");
    return new Promise((resolve) => {
      finishWait = () => {
        finishWait = undefined;
        onEnd();
        resolve();
      };
    });
  }

  /** Ends the waits for what is not ours, and itself when there are none any more. */
  function onBeat(): void {
    if (finishWait === undefined) stopBeat();
    else finishWait();
  }

  function stopBeat(): void {
    clearInterval(beat);
    beat = undefined;
  }

  return {
    received,
    arena,
    connect,

    connectResult(fd) {
      scratchView.setInt32(LENGTH, 4, littleEndian);
      if (libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, scratchAt + VALUE, scratchAt + LENGTH) < 0)
        return libc.errno();
      const error = scratchView.getInt32(VALUE, littleEndian);
      if (error !== 0) return error;
      // No error yet and no peer yet: the handshake is still under way.
      scratchView.setInt32(LENGTH, 28, littleEndian);
      return libc.getpeername(fd, scratchAt + ADDRESS, scratchAt + LENGTH) === 0 ? 0 : -1;
    },

    localAddress(fd) {
      scratchView.setInt32(LENGTH, 28, littleEndian);
      if (libc.getsockname(fd, scratchAt + ADDRESS, scratchAt + LENGTH) < 0)
        return { address: "", port: 0 };
      const family = scratchView.getUint16(ADDRESS, littleEndian);
      const at = scratchAt + ADDRESS + (family === AF_INET6 ? 8 : 4);
      return {
        address: libc.inetNtop(family, at, scratchAt + TEXT, 64) ?? "",
        port: scratchView.getUint16(ADDRESS + 2),
      };
    },

    send(fd, bytes, start, end) {
      const from = bytes === arena ? arenaAt + start : libc.addressOf(bytes.subarray(start, end));
      const sent = libc.send(fd, from, end - start, MSG_NOSIGNAL);
      return sent < 0 ? -libc.errno() : sent;
    },

    receive(fd) {
      const count = libc.recv(fd, receivedAt, RECEIVE_BYTES, 0);
      return count < 0 ? -libc.errno() : count;
    },

    receivedAgoMs(fd) {
      scratchView.setInt32(LENGTH, TCP_INFO_BYTES, littleEndian);
      if (libc.getsockopt(fd, IPPROTO_TCP, TCP_INFO, scratchAt + TEXT, scratchAt + LENGTH) < 0)
        return 0;
      return scratchView.getUint32(TEXT + TCP_INFO_LAST_DATA_RECV, littleEndian);
    },

    poll: () => Math.max(0, libc.epollWait(set, eventsAt, MAX_EVENTS, 0)),
    readyFd: (index) => eventWords[index * EVENT_WORDS + DATA_WORD] as number,
    readyEvents: (index) => eventWords[index * EVENT_WORDS] as number,

    close(fd, reset) {
      if (!open.delete(fd)) return;
      if (reset) {
        // Linger on, for no time: the kernel sends RST and forgets what is unsent.
        scratchView.setInt32(VALUE, 1, littleEndian);
        scratchView.setInt32(VALUE + 4, 0, littleEndian);
        libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, scratchAt + VALUE, 8);
      }
      libc.close(fd);
    },

    wait(timeoutMs) {
      if (disposed) return Promise.resolve();
      stopBeat();
      const waiting = waitForEnd(() => {
        clearTimeout(timer);
        watch.stop();
      });
      const timer = setTimeout(endWait, timeoutMs);
      watch.start(endWait);
      return waiting;
    },
    waitForeign(timeoutMs) {
      if (disposed) return Promise.resolve();
      if (beat === undefined || beatMs !== timeoutMs) {
        stopBeat();
        beat = setInterval(onBeat, timeoutMs);
        beatMs = timeoutMs;
      }
      return waitForEnd(() => {});
    },
    endWait,

    watchForeign(fd) {
      const foreignSet = libc.epollCreate(EPOLL_CLOEXEC);
      if (foreignSet < 0 || add(foreignSet, fd, Ready.read) < 0)
        throw new Error(`epoll: errno ${libc.errno()}`);
      const foreignWatch = libc.watchDescriptor(foreignSet);
      foreign = { set: foreignSet, watch: foreignWatch };
      // Watched all the time, because starting and stopping that for every wait costs more than the wait. What was seen is taken
      // out of the set: it is ready again when the kernel wakes us again, not while the ring holds something.
      foreignWatch.start(() => {
        libc.epollWait(foreignSet, eventsAt, 1, 0);
        endWait();
      });
    },

    dispose() {
      if (disposed) return;
      disposed = true;
      finishWait?.();
      stopBeat();
      watch.close();
      foreign?.watch.close();
      for (const fd of open) libc.close(fd);
      open.clear();
      libc.close(set);
      if (foreign !== undefined) libc.close(foreign.set);
    },
  };
}

import { randomInt } from "node:crypto";
import { uint16 } from "../../capture/pcap/packet-writer.ts";
import type { ReceivedPacket } from "./read-packet.ts";
import type { PacketFields, PacketForm } from "./wire.ts";

export const FIN = 0x01;
const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

const WAIT_MS = 10_000;

export interface PeerOptions extends PacketForm {
  /** Initial sequence number; random unless told. */
  readonly isn?: number;
  /** The largest segment that we say we take. */
  readonly mss?: number;
  /** The client's port, below 10,000, on the first address; one that no other connection has had, unless told. */
  readonly port?: number;
  /** Receive window that we announce; 65,535 unless told. */
  readonly window?: number;
}

/** How one segment differs from what would be due. */
interface SegmentForm extends PacketForm {
  readonly flags?: number;
  /** Acknowledgement number, as an offset from what was received; 0 unless told. */
  readonly ackAhead?: number;
}

/**
 * A TCP client of our own, over a wire that is ours: it sends what it is told to, in what order and how often it is told
 * to, and acknowledges what comes. Offsets count from the first byte behind the SYN.
 */
export interface Peer {
  /** Sends bytes that begin at `offset`, as one segment. */
  segment(offset: number, content: string | Uint8Array, form?: SegmentForm): void;
  /** Sends the next bytes, in segments of at most `maxBytes`; returns where they began. */
  send(content: string | Uint8Array, maxBytes?: number): number;
  fin(): void;
  /** A reset at the next byte that is due; `ahead` is added to its sequence number. */
  reset(ahead?: number): void;
  /** Announces another receive window. */
  announce(window: number): void;
  /** Offset of the next byte of `send`. */
  next: number;
  /** What the server has acknowledged, and the window that it gave last. */
  acked(): number;
  window(): number;
  received(): string;
  /** The server has reset the connection; has sent its FIN. */
  isReset(): boolean;
  isEnded(): boolean;
  /** Looks after every packet that comes; rejects after 10 s. */
  until(look: () => boolean, what: string): Promise<void>;
  /** Everything up to an offset is acknowledged; without one, all that was sent. */
  untilAcked(offset?: number): Promise<void>;
  /** So many answers have come. */
  untilAnswers(count: number): Promise<void>;
}

/** The peer, and how the wire hands it what comes. */
export interface WiredPeer {
  readonly peer: Peer;
  readonly opened: Promise<void>;
  take(packet: ReceivedPacket): void;
}

interface Waiter {
  readonly look: () => boolean;
  resolve(): void;
}

/** A peer that has sent its SYN. `send` puts a packet on the wire. */
export function createPeer(
  options: PeerOptions,
  write: (fields: PacketFields, form: PacketForm) => void,
): WiredPeer {
  const isn = options.isn ?? randomInt(2 ** 32);
  let window = options.window ?? 0xffff;
  let serverIsn: number | undefined;
  let receiveNext = 0;
  let acked = 0;
  let serverWindow = 0;
  let text = "";
  let isReset = false;
  let isEnded = false;
  const waiters = new Set<Waiter>();

  const seqOf = (offset: number) => (isn + 1 + offset) >>> 0;

  function put(seq: number, flags: number, payload: Uint8Array, form: SegmentForm): void {
    const ack = flags & ACK ? (receiveNext + (form.ackAhead ?? 0)) >>> 0 : 0;
    write({ seq: seq >>> 0, ack, flags, window, payload }, { ...options, ...form });
  }

  const peer: Peer = {
    next: 0,
    segment(offset, content, form = {}) {
      put(seqOf(offset), form.flags ?? ACK | PSH, Buffer.from(content), form);
    },
    send(content, maxBytes = 1_400) {
      const bytes = Buffer.from(content);
      const from = peer.next;
      for (let at = 0; at < bytes.length; at += maxBytes)
        peer.segment(from + at, bytes.subarray(at, at + maxBytes));
      peer.next += bytes.length;
      return from;
    },
    fin() {
      peer.segment(peer.next, "", { flags: FIN | ACK });
      peer.next += 1;
    },
    reset(ahead = 0) {
      peer.segment(peer.next + ahead, "", { flags: RST | ACK });
    },
    announce(to) {
      window = to;
      peer.segment(peer.next, "", { flags: ACK });
    },
    acked: () => acked,
    window: () => serverWindow,
    received: () => text,
    isReset: () => isReset,
    isEnded: () => isEnded,
    until(look, what) {
      if (look()) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters.delete(waiter);
          const state = { acked, serverWindow, isReset, isEnded, received: text.slice(-300) };
          reject(new Error(`waited for ${what}: ${JSON.stringify(state)}`));
        }, WAIT_MS);
        const waiter = {
          look,
          resolve: () => {
            clearTimeout(timer);
            resolve();
          },
        };
        waiters.add(waiter);
      });
    },
    untilAcked: (offset = peer.next) =>
      peer.until(() => acked >= offset, `an acknowledgement of ${offset}`),
    untilAnswers: (count) =>
      peer.until(() => text.split("HTTP/1.1 ").length > count, `${count} answers`),
  };

  function take(packet: ReceivedPacket): void {
    if (packet.flags & RST) isReset = true;
    if (packet.flags & ACK) {
      acked = Math.max(acked, (packet.ack - seqOf(0)) | 0);
      serverWindow = packet.window;
    }
    if (packet.flags & SYN) {
      serverIsn = packet.seq;
      receiveNext = (serverIsn + 1) >>> 0;
      put(seqOf(0), ACK, Buffer.alloc(0), {});
    } else if (!isReset) accept(packet);
    for (const waiter of waiters) {
      if (!waiter.look()) continue;
      waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** The server's bytes in order; what was received before is acknowledged again. */
  function accept({ seq, flags, payload }: ReceivedPacket): void {
    const isFin = (flags & FIN) !== 0;
    if (payload.length === 0 && !isFin) return;
    const known = (receiveNext - seq) | 0;
    const fits = payload.subarray(Math.max(0, known), Math.max(0, known) + window);
    if (known >= 0 && known <= payload.length) {
      text += fits.toString("latin1");
      receiveNext = (receiveNext + fits.length) >>> 0;
      if (isFin && !isEnded && known + fits.length === payload.length) {
        isEnded = true;
        receiveNext = (receiveNext + 1) >>> 0;
      }
    }
    put(seqOf(peer.next), ACK, Buffer.alloc(0), {});
  }

  const mss = options.mss === undefined ? undefined : uint16(0x0204, options.mss);
  put(isn, SYN, Buffer.alloc(0), mss === undefined ? {} : { tcpOptions: mss });
  return {
    peer,
    opened: peer.until(() => serverIsn !== undefined, "a SYN-ACK"),
    take,
  };
}

import { randomFillSync } from "node:crypto";
import { type Segment, TUPLE_WORDS } from "../../model/segment.ts";
import type { IpFields } from "./ip.ts";
import type { TcpFields } from "./tcp.ts";

/** Bytes of a tuple, as in `st_tuple` of bpf/shadowtap.h. */
const CLIENT_ADDRESS = 8;
const SERVER_ADDRESS = 24;
const PORTS_WORD = 10;
const ADDRESS_BYTES = 16;

/** Writes into a segment whose it is. */
export type FlowNamer = (
  segment: Segment,
  packet: Uint8Array,
  ip: IpFields,
  tcp: TcpFields,
  toServer: boolean,
) => void;

/** The key's hash has a seed of its own in each process, so that no capture can be made to have only equal keys. */
export function createFlowNamer(): FlowNamer {
  const words = new Uint32Array(TUPLE_WORDS);
  const bytes = new Uint8Array(words.buffer);
  const ports = new Uint16Array(words.buffer, PORTS_WORD * 4, 2);
  const [seedHigh = 0, seedLow = 0] = randomFillSync(new Int32Array(2));

  function putAddress(to: number, packet: Uint8Array, from: number, isV6: boolean): void {
    if (isV6) {
      for (let i = 0; i < ADDRESS_BYTES; i++) bytes[to + i] = packet[from + i] as number;
      return;
    }
    // IPv4-mapped, RFC 4291 section 2.5.5.2.
    bytes.fill(0, to, to + 10);
    bytes[to + 10] = 0xff;
    bytes[to + 11] = 0xff;
    for (let i = 0; i < 4; i++) bytes[to + 12 + i] = packet[from + i] as number;
  }

  function hash(): number {
    let high = seedHigh;
    let low = seedLow;
    for (let i = 0; i < TUPLE_WORDS; i++) {
      const word = words[i] as number;
      high = Math.imul(high ^ word, 0x85ebca6b);
      high ^= high >>> 15;
      low = Math.imul(low ^ word ^ high, 0xc2b2ae35);
      low ^= low >>> 13;
    }
    return (high & 0x1fffff) * 4_294_967_296 + (low >>> 0);
  }

  return (segment, packet, { isV6, sourceAt, destinationAt }, tcp, toServer) => {
    putAddress(toServer ? CLIENT_ADDRESS : SERVER_ADDRESS, packet, sourceAt, isV6);
    putAddress(toServer ? SERVER_ADDRESS : CLIENT_ADDRESS, packet, destinationAt, isV6);
    ports[0] = toServer ? tcp.sourcePort : tcp.destinationPort;
    ports[1] = toServer ? tcp.destinationPort : tcp.sourcePort;
    segment.words = words;
    segment.tupleAt = 0;
    segment.flowKey = hash();
  };
}

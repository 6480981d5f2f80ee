/** What a peer reads of a packet that the kernel has sent. */
export interface ReceivedPacket {
  /** Its destination: the last number of the address. */
  readonly peer: number;
  readonly port: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly payload: Buffer;
}

const TCP = 6;

/** Undefined for what is not whole TCP: neighbour discovery, multicast reports. */
export function readPacket(bytes: Buffer): ReceivedPacket | undefined {
  const isV6 = (bytes[0] ?? 0) >>> 4 === 6;
  if (bytes[isV6 ? 6 : 9] !== TCP) return undefined;
  const tcpAt = isV6 ? 40 : ((bytes[0] ?? 0) & 0xf) * 4;
  const tcp = bytes.subarray(tcpAt);
  return {
    peer: bytes[isV6 ? 39 : 19] ?? 0,
    port: tcp.readUInt16BE(2),
    seq: tcp.readUInt32BE(4),
    ack: tcp.readUInt32BE(8),
    flags: tcp[13] ?? 0,
    window: tcp.readUInt16BE(14),
    payload: Buffer.from(tcp.subarray(((tcp[12] ?? 0) >>> 4) * 4)),
  };
}

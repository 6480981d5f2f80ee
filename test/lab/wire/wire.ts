import { existsSync } from "node:fs";
import { ipv4, ipv6, type TcpPacket } from "../../capture/pcap/packet-writer.ts";
import type { Host, Lab } from "../lab.ts";
import { fragments } from "./fragments.ts";
import { createPeer, type Peer, type PeerOptions, type WiredPeer } from "./peer.ts";
import { readPacket } from "./read-packet.ts";
import { openTun, TCP_CHECKSUM_AT, TUN_DEVICE } from "./tun.ts";

/** The live machine's end of the wire, as the packet writer names it. */
const SERVER = 251;
const PEERS = 250;
const FIRST_PORT = 10_000;

/** How the packets of a peer, or one of them, are made. */
export interface PacketForm {
  readonly isV6?: boolean;
  readonly ipOptionBytes?: number;
  readonly extensions?: readonly number[];
  readonly tcpOptions?: Uint8Array;
  /** Sent as IP fragments that carry so many bytes each, a multiple of 8. */
  readonly fragmentBytes?: number;
  /** Only the first fragment is sent. */
  readonly isFirstAlone?: boolean;
  /** Order of the fragments: last first. */
  readonly isReversed?: boolean;
  /** The TCP checksum is wrong; not with IP options or extension headers. */
  readonly isCorrupt?: boolean;
  /** One packet that stands for segments of so many bytes, as a GSO device hands it over. */
  readonly largeSegmentBytes?: number;
}

/** What changes from packet to packet. */
export interface PacketFields {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly payload: Uint8Array;
}

/** A cable into the live machine whose other end are TCP clients of our own, 10.0.0.1 … 250 and fd77::1 … fa. */
export interface Wire extends Disposable {
  /** Sends a SYN; resolves when the connection is open. */
  connect(port: number, options?: PeerOptions): Promise<Peer>;
}

export async function openWire(lab: Lab, host: Host = lab.live, name = "wire0"): Promise<Wire> {
  const peers = new Map<number, WiredPeer>();
  let connections = 0;
  let packets = 0;
  const key = (peer: number, port: number) => peer * 65_536 + port;
  // Opening the device's file would load its module, but where nothing makes that file it has to be asked for.
  if (!existsSync(TUN_DEVICE)) await host.run("modprobe", ["tun"]);
  const tun = openTun(host, name, (bytes) => {
    const packet = readPacket(bytes);
    if (packet !== undefined) peers.get(key(packet.peer, packet.port))?.take(packet);
  });
  for (const args of [
    ["address", "add", "10.0.0.251/24", "dev", name],
    ["address", "add", "fd77::fb/64", "dev", name, "nodad"],
    ["link", "set", name, "up"],
  ]) {
    const { code, stderr } = await host.run("ip", args);
    if (code !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
  }

  function write(packet: TcpPacket, form: PacketForm): void {
    const whole = packet.isV6 ? ipv6(packet) : ipv4(packet);
    packets += 1;
    if (form.isCorrupt === true) {
      const checksumAt = (packet.isV6 ? 40 : 20) + TCP_CHECKSUM_AT;
      whole.writeUInt16BE(whole.readUInt16BE(checksumAt) ^ 0x0101, checksumAt);
    }
    if (form.fragmentBytes !== undefined) {
      const all = fragments(whole, form.fragmentBytes, packets);
      const parts = form.isFirstAlone === true ? all.slice(0, 1) : all;
      for (const part of form.isReversed === true ? parts.reverse() : parts) tun.write(part);
    } else if (form.largeSegmentBytes !== undefined) {
      const tcpAt = packet.isV6 ? 40 : 20;
      const headerBytes = whole.length - packet.payload.length;
      const { isV6 } = packet;
      tun.write(whole, { isV6, headerBytes, tcpAt, segmentBytes: form.largeSegmentBytes });
    } else tun.write(whole);
  }

  return {
    async connect(port, options = {}) {
      const source = options.port === undefined ? 1 + (connections % PEERS) : 1;
      const sourcePort = options.port ?? FIRST_PORT + Math.floor(connections / PEERS);
      connections += 1;
      const wired = createPeer(options, (fields, form) => {
        const { isV6 = false, ipOptionBytes = 0, extensions = [], tcpOptions } = form;
        const ends = { source, destination: SERVER, sourcePort, destinationPort: port };
        const options = tcpOptions === undefined ? {} : { tcpOptions };
        write({ isV6, ...ends, ...fields, ipOptionBytes, extensions, ...options }, form);
      });
      peers.set(key(source, sourcePort), wired);
      await wired.opened;
      return wired.peer;
    },
    [Symbol.dispose]: () => tun[Symbol.dispose](),
  };
}

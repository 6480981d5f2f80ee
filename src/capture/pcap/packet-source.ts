import type { PacketLedger, PassedReason, RefusedReason } from "../../model/packet-ledger.ts";
import type { PortRange } from "../../model/rule.ts";
import { Segment, SegmentFlag, type SegmentSink, TcpFlag } from "../../model/segment.ts";
import { createBoundaries } from "./boundaries.ts";
import type { CapturedPacket, PacketSink } from "./captured-packet.ts";
import { createFlowNamer } from "./flow-tuple.ts";
import { createIpFields, readIp } from "./ip.ts";
import { networkStart, type PacketReason } from "./link-layer.ts";
import { createTcpFields, readTcp } from "./tcp.ts";

/** Packets in, segments out. */
export interface PacketSource {
  readonly packet: PacketSink;
  /** When the clock of the segments was 0: seconds since 1970. Known with the first packet. */
  readonly startSeconds: number;
}

/** As much of an answer's beginning as the kernel programs copy: ST_RESPONSE_CUT. */
const ANSWER_BYTES = 144;
/** `HTTP/1.` */
const ANSWER_BEGINS = [0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e] as const;
/** Where the status stands in `HTTP/1.1 200`. */
const STATUS_AT = 9;
const ENDS = TcpFlag.fin | TcpFlag.rst;

function beginsAnswer(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= ANSWER_BEGINS.length && ANSWER_BEGINS.every((b, i) => bytes[start + i] === b)
  );
}

/**
 * Does to the packets of a capture what bpf/tap.bpf.h does to live ones, all of them wanted: of TCP connections to `ports` it hands
 * on what clients send and where answers begin, with the marks that the decoder needs to find requests in connections that were
 * open before. What the capture lacks of a packet is not announced: it shows as a hole in the sequence numbers.
 */
export function createPacketSource(
  ports: readonly PortRange[],
  ledger: PacketLedger,
  sink: SegmentSink,
): PacketSource {
  const isServer = new Uint8Array(65_536);
  for (const { first, last } of ports) isServer.fill(1, first, last + 1);
  const name = createFlowNamer();
  const boundaries = createBoundaries();
  const segment = new Segment();
  const ip = createIpFields();
  const tcp = createTcpFields();
  let startSeconds: number | undefined;

  function read({
    linkType,
    bytes,
    start,
    end,
    wireBytes,
  }: CapturedPacket): PacketReason | undefined {
    const wireEnd = start + wireBytes;
    const at = networkStart(linkType, bytes, start, end, wireEnd);
    if (typeof at === "string") return at;
    return (
      readIp(bytes, at, end, wireEnd, ip) ?? readTcp(bytes, ip.transportAt, end, ip.wireEnd, tcp)
    );
  }

  /** Describes the segment as far as both directions have it in common. */
  function describe(bytes: Uint8Array, end: number, toServer: boolean): void {
    const { payloadAt, flags } = tcp;
    segment.bytes = bytes;
    segment.payloadBytes = ip.wireEnd - payloadAt;
    segment.start = Math.min(payloadAt, end);
    segment.end = Math.min(end, ip.wireEnd);
    // A SYN takes a sequence number before the first byte.
    segment.seq = (tcp.seq + ((flags & TcpFlag.syn) !== 0 ? 1 : 0)) >>> 0;
    segment.ack = tcp.ack;
    segment.tcpFlags = flags;
    segment.toServer = toServer;
    segment.flags = 0;
  }

  function client(): void {
    const { flowKey, seq, tcpFlags, payloadBytes, start, end } = segment;
    if ((tcpFlags & (TcpFlag.syn | TcpFlag.ack)) === TcpFlag.syn) boundaries.set(flowKey, seq);
    if (payloadBytes > 0 && boundaries.isAt(flowKey, seq)) segment.flags = SegmentFlag.atBoundary;
    const missing = payloadBytes - (end - start);
    if (missing === 0) {
      sink(segment);
      return;
    }
    ledger.cut.packets++;
    ledger.cut.bytes += missing;
    segment.flags |= SegmentFlag.cut;
    segment.tcpFlags = tcpFlags & ~ENDS;
    if (start < end || (tcpFlags & TcpFlag.syn) !== 0) sink(segment);
    if ((tcpFlags & ENDS) === 0) return;
    // The end of the connection is where it was, not where the capture ends.
    segment.start = end;
    segment.seq = (seq + payloadBytes) >>> 0;
    segment.tcpFlags = tcpFlags & ~TcpFlag.syn;
    segment.payloadBytes = 0;
    segment.flags = 0;
    sink(segment);
  }

  function server(): PassedReason | undefined {
    const { bytes, flowKey, ack, tcpFlags, start, end } = segment;
    const isAnswer = beginsAnswer(bytes, start, end);
    const isSyn = (tcpFlags & TcpFlag.syn) !== 0;
    if (isAnswer) {
      const statusClass = start + STATUS_AT < end ? (bytes[start + STATUS_AT] as number) - 0x30 : 0;
      if (statusClass >= 2 && statusClass <= 5) boundaries.set(flowKey, ack);
      else boundaries.clear(flowKey);
    } else if (isSyn) boundaries.set(flowKey, ack);
    else if ((tcpFlags & ENDS) === 0) return "answer_body";
    if (end - start < segment.payloadBytes || end - start > ANSWER_BYTES) {
      segment.end = Math.min(end, start + ANSWER_BYTES);
      segment.flags = SegmentFlag.cut;
    }
    sink(segment);
    return undefined;
  }

  function handOn(packet: CapturedPacket): PacketReason | undefined {
    const refused = read(packet);
    if (refused !== undefined) return refused;
    const toServer = isServer[tcp.destinationPort] === 1;
    if (!toServer && isServer[tcp.sourcePort] !== 1) return "other_port";
    const { bytes, end } = packet;
    describe(bytes, end, toServer);
    if (segment.payloadBytes === 0 && (tcp.flags & (TcpFlag.syn | ENDS)) === 0) return "no_data";
    name(segment, bytes, ip, tcp, toServer);
    segment.timeNs = (packet.seconds - (startSeconds ?? 0)) * 1e9 + packet.nanoseconds;
    if (!toServer) return server();
    client();
    return undefined;
  }

  return {
    packet(packet) {
      startSeconds ??= packet.seconds;
      ledger.packets++;
      const reason = handOn(packet);
      if (reason === undefined) ledger.handed_on++;
      else if (reason in ledger.passed_over) ledger.passed_over[reason as PassedReason]++;
      else ledger.refused[reason as RefusedReason]++;
    },
    get startSeconds() {
      return startSeconds ?? 0;
    },
  };
}

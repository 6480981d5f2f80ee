import type { Decode } from "../../src/decode/decode.ts";
import { type Segment, SegmentFlag, TcpFlag } from "../../src/model/segment.ts";
import { latin1 } from "../playbook/playbook.ts";

/** What the model is told of one request: everything but what it must find out by itself. */
export interface ModelRequest {
  readonly bytes: string;
  /** No rule wants it. */
  readonly isUnwanted: boolean;
  /** Its head says how long it is. */
  readonly hasKnownEnd: boolean;
}

const CLIENT_FROM = 0xffffff00;
const SERVER_FROM = 7000;

/**
 * What bpf/tap.bpf.h does with one connection that it sees from its SYN, as far as leaving out requests goes. It knows where a request
 * begins at the start, behind one that it left out, and at a boundary; of one that it lets through it does not follow the
 * end. Offsets are from the first byte of either side.
 */
export class KernelModel {
  /** Requests whose start went by and that were not left out. */
  readonly admitted = new Set<ModelRequest>();
  /** Records that the ring lost: how many of them it counted as a request. */
  countedLost = 0;
  private readonly decode: Decode;
  private readonly segment: Segment;
  private readonly requests = new Map<number, ModelRequest>();
  private isLeavingOut = true;
  private nextStart = 0;
  private leftOutFrom = 0;
  private isTold = false;
  private isAnswerDue = false;
  /** The SYN is one. */
  private boundary = 0;
  private isLost = false;
  private lostStarts = 0;
  private clientSent = 0;
  private serverSent = 0;

  constructor(decode: Decode, segment: Segment, requests: readonly ModelRequest[]) {
    this.decode = decode;
    this.segment = segment;
    let at = 0;
    for (const request of requests) {
      this.requests.set(at, request);
      at += request.bytes.length;
    }
  }

  /** The client sends what comes next; `hasRoom`: the ring has room for its record. */
  client(content: string, hasRoom: boolean): void {
    let at = this.clientSent;
    const end = at + content.length;
    for (let i = at; i < end; i++) {
      const request = this.requests.get(i);
      if (request !== undefined) this.admitted.add(request);
    }
    this.clientSent = end;
    if (this.isLeavingOut) at = Math.max(at, this.nextStart);
    this.forget(end - content.length, Math.min(at, end));
    if (at >= end) return;
    let flags = this.boundary === at ? SegmentFlag.atBoundary : 0;
    const isKnownStart = this.isLeavingOut ? this.nextStart === at : flags !== 0;
    const request = isKnownStart ? this.requests.get(at) : undefined;
    if (request !== undefined && this.leavesOut(request, content.slice(at - end))) {
      if (!this.isLeavingOut) this.leftOutFrom = at;
      this.isLeavingOut = true;
      this.nextStart = at + request.bytes.length;
      this.forget(at, Math.min(end, this.nextStart));
      at = this.nextStart;
      if (at >= end) return;
      flags = 0;
    }
    const record = content.slice(at - end);
    if (!hasRoom) {
      this.isLost = true;
      this.isLeavingOut = false;
      if (!/^(GET|POST) /.test(record)) return;
      this.lostStarts++;
      this.countedLost++;
      return;
    }
    if (this.isLeavingOut)
      flags |= this.isTold ? SegmentFlag.selectedBefore : SegmentFlag.fromStart;
    this.push(true, at, this.serverSent, record, flags);
    this.isAnswerDue = true;
    this.isLeavingOut = false;
  }

  /** The server answers what it has read. */
  server(content: string): void {
    this.serverSent += content.length;
    this.boundary = this.clientSent;
    if (!this.isTold || (this.isLeavingOut && !this.isAnswerDue)) return;
    const ack = this.isLeavingOut ? Math.min(this.clientSent, this.leftOutFrom) : this.clientSent;
    this.isAnswerDue = false;
    this.push(false, this.serverSent - content.length, ack, content, 0);
  }

  /** Both sides end the connection. */
  close(): void {
    if (!this.isTold) return;
    const flags = this.isLeavingOut ? SegmentFlag.selectedBefore : 0;
    this.push(true, this.clientSent, this.serverSent, "", flags, TcpFlag.fin);
    this.isLeavingOut = false;
    this.push(false, this.serverSent, this.clientSent + 1, "", 0, TcpFlag.fin);
  }

  private leavesOut(request: ModelRequest, content: string): boolean {
    const isWhole = content.slice(0, request.bytes.length).includes("\r\n\r\n");
    return request.isUnwanted && request.hasKnownEnd && isWhole;
  }

  /** Requests that begin in these bytes are left out. */
  private forget(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const request = this.requests.get(at);
      if (request !== undefined) this.admitted.delete(request);
    }
  }

  private push(
    toServer: boolean,
    seq: number,
    ack: number,
    content: string,
    flags: number,
    tcpFlags = 0,
  ): void {
    const [from, ackFrom] = toServer ? [CLIENT_FROM, SERVER_FROM] : [SERVER_FROM, CLIENT_FROM];
    const bytes = latin1(content);
    this.decode.push(
      Object.assign(this.segment, {
        ...{ toServer, bytes, start: 0, end: bytes.length, payloadBytes: bytes.length },
        ...{
          seq: (from + seq) >>> 0,
          ack: (ackFrom + ack) >>> 0,
          tcpFlags: tcpFlags | TcpFlag.ack,
        },
        flags: flags | (this.isLost ? SegmentFlag.lostBefore : 0),
        lostStarts: this.lostStarts,
        timeNs: this.segment.timeNs + 1e6,
      }),
    );
    bytes.fill(0xaa);
    this.isTold = true;
    this.isLost = false;
    this.lostStarts = 0;
  }
}

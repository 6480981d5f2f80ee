import type { ResponseReader } from "../model/delivery.ts";
import type { UnansweredReason, UnsentReason } from "../model/ledger.ts";
import { Dialer, type DialFailure } from "./dialer.ts";
import { type LaneOwner, Loss, type LossTerms } from "./lane-owner.ts";
import { RequestFifo } from "./request-fifo.ts";
import type { ConnectionEvents, EndReason, ShadowConnection } from "./shadow-connection.ts";
import type { ShadowRequest } from "./shadow-request.ts";

/**
 * One of a target's places for a connection: a queue of requests, and a connection when there is need of one. It
 * outlives its connections. A class for one hidden class: its methods run several times for every mirrored request.
 */
export class Lane implements ConnectionEvents {
  /** Live connections that are pinned here. */
  pins = 0;
  /** Listed as free for a new live connection. */
  isFree = false;
  /** Has copies to be sent at the next pump. */
  isDirty = false;
  restsSinceNs: number;
  private readonly owner: LaneOwner;
  private readonly fifo = new RequestFifo();
  private readonly onAnswer = (status: number) => this.answered(status);
  private state: "down" | "connecting" | "open" = "down";
  private connection: ShadowConnection | undefined = undefined;
  private reader: ResponseReader;
  private readonly dialer: Dialer;
  /** Complete answers on this connection. */
  private answers = 0;
  /** Bytes came that are not known to belong to a complete answer. */
  private inAnswer = false;
  /** An answer was complete before its request was. */
  private answeredEarly = false;
  private writeBlocked = false;
  /** When the peer last took bytes. */
  private progressNs = 0;
  private streams = 0;
  private blocked = 0;

  constructor(owner: LaneOwner) {
    this.owner = owner;
    this.dialer = new Dialer(owner, this, (reason, detail) => this.connectFailed(reason, detail));
    this.restsSinceNs = owner.nowNs();
    this.reader = owner.createResponseReader(this.onAnswer);
  }

  /** Requests here that are not decided. */
  get outstanding(): number {
    return this.fifo.length;
  }

  get isDown(): boolean {
    return this.state === "down";
  }

  get hasStream(): boolean {
    return this.streams > 0;
  }

  /** Whether a request that is added now is sent at once. */
  get isReady(): boolean {
    return this.state === "open" && this.fifo.length === 0 && !this.writeBlocked;
  }

  /** Adds a request behind the others; `go` sends it. */
  add(request: ShadowRequest): void {
    this.fifo.push(request);
    if (request.stream !== undefined) this.streams++;
  }

  /** Sends what may be sent, after connecting if need be. */
  go(): void {
    if (this.state === "open") this.flush();
    else if (this.state === "down") this.connect();
  }

  /** Sends body bytes past what waits, if it is their turn; returns how many were taken. */
  writeStream(request: ShadowRequest, bytes: Uint8Array, start: number, end: number): number {
    const { connection, fifo } = this;
    const itsTurn = fifo.unsent() === request && fifo.nextOffset === request.end - request.start;
    if (connection === undefined || this.writeBlocked || !itsTurn) return 0;
    if (request.stream === undefined || request.stream.waitingBytes > 0) return 0;
    const taken = connection.write(bytes, start, end);
    if (taken > 0) this.progressNs = this.owner.nowNs();
    if (taken < end - start) this.writeBlocked = true;
    return taken;
  }

  /** Ends a streamed request before its end, by ending the connection if it has begun. */
  cut(request: ShadowRequest, ifSent: UnansweredReason, ifUnsent: UnsentReason): void {
    if (this.fifo.inFlight > 0 && this.fifo.first() === request) {
      this.connection?.close(true);
      this.lose(ifSent, "", Loss.ourChoice);
    } else {
      this.refuse((waiting) => waiting === request, ifUnsent);
    }
  }

  /** Ends everything: what was sent and what was not is counted as `stopping`. */
  stop(): void {
    this.dialer.cancel();
    this.connection?.close(this.fifo.inFlight > 0);
    this.refuse(() => true, "stopping");
    this.lose("stopping", "", Loss.ourChoice);
  }

  /** Finds what has taken too long. */
  scan(nowNs: number): void {
    if (this.state === "connecting") this.dialer.scan(nowNs);
    else if (this.isOverdue(nowNs)) {
      this.connection?.close(true);
      this.lose("timeout", "no answer in time", Loss.givenUp);
    }
    const oldest = this.fifo.unsent(this.fifo.nextOffset > 0 ? 1 : 0);
    const sinceNs = nowNs - this.owner.timeoutNs;
    if (oldest !== undefined && oldest.queuedNs < sinceNs)
      this.refuse((request) => request.queuedNs < sinceNs, "expired");
  }

  opened(): void {
    this.state = "open";
    this.connection = this.dialer.take();
    this.flush();
  }

  writable(): void {
    this.writeBlocked = false;
    this.flush();
  }

  received(bytes: Uint8Array, start: number, end: number): void {
    if (this.fifo.inFlight === 0) {
      this.spokeUnasked();
      return;
    }
    this.inAnswer = true;
    const verdict = this.reader.push(bytes, start, end);
    if (verdict === "bad") {
      this.connection?.close(true);
      this.lose("bad_response", "the answer is not HTTP/1.1", Loss.givenUp);
    } else if (verdict === "close" || this.answeredEarly) {
      this.connection?.close(this.answeredEarly);
      this.lose("connection_closed", "", Loss.announced);
    } else {
      if (this.fifo.inFlight === 0) this.inAnswer = false;
      this.flush();
    }
  }

  ended(reason: EndReason, detail: string): void {
    if (this.state === "connecting") {
      this.dialer.refused(detail);
      return;
    }
    // An answer may have no other end than this.
    if (reason === "closed" && this.fifo.inFlight > 0) this.reader.end();
    this.lose(
      reason === "closed" ? "connection_closed" : "connection_reset",
      detail,
      Loss.peerEnded,
    );
  }

  private connect(): void {
    this.state = "connecting";
    this.dialer.start();
  }

  private connectFailed(reason: DialFailure, detail: string): void {
    this.down();
    // A target that may not be connected to is not in trouble: nobody has asked it.
    if (reason !== "address_refused") this.owner.trouble(detail);
    this.refuse(() => true, reason);
  }

  /** Bytes came although nothing was asked. */
  private spokeUnasked(): void {
    this.connection?.close(true);
    // A server that greets every connection would be connected to for ever.
    if (this.answers === 0) this.connectFailed("connect_failed", "the target speaks unasked");
    else this.lose("bad_response", "", Loss.ourChoice);
  }

  private flush(): void {
    const { connection, fifo } = this;
    while (fifo.hasUnsent && connection !== undefined && !this.writeBlocked) {
      const request = fifo.unsent() as ShadowRequest;
      const copyBytes = request.end - request.start;
      if (fifo.nextOffset === 0 && !this.mayStart(request)) break;
      if (fifo.nextOffset < copyBytes) {
        const start = request.start + fifo.nextOffset;
        const end = this.owner.pipeline === 1 ? request.end : this.endOfRun(request);
        const taken = connection.write(request.bytes, start, end);
        if (taken > 0) this.sent(taken);
        if (taken < end - start) this.writeBlocked = true;
      } else if (!this.flushStream(request, connection)) break;
    }
    this.countBlocked();
  }

  /** One streamed request is alone on its connection, so that cutting it short harms no other. */
  private mayStart(request: ShadowRequest): boolean {
    const { inFlight } = this.fifo;
    if (inFlight === 0) return true;
    if (inFlight >= this.owner.pipeline || request.stream !== undefined) return false;
    return this.fifo.first()?.stream === undefined;
  }

  /** Where the bytes end that can be sent at once: copies that lie one behind the other, as many as may wait. */
  private endOfRun(request: ShadowRequest): number {
    const { fifo } = this;
    const alreadyIn = fifo.nextOffset > 0 ? 1 : 0;
    const more = this.owner.pipeline - fifo.inFlight - 1 + alreadyIn;
    let { end } = request;
    if (request.stream !== undefined) return end;
    for (let ahead = 1; ahead <= more; ahead++) {
      const next = fifo.unsent(ahead);
      if (next === undefined || next.stream !== undefined) break;
      if (next.bytes !== request.bytes || next.start !== end) break;
      end = next.end;
    }
    return end;
  }

  /** Notes that the peer took this many bytes of copies. */
  private sent(bytes: number): void {
    const { fifo } = this;
    const nowNs = this.owner.nowNs();
    this.progressNs = nowNs;
    let left = bytes;
    while (left > 0) {
      const request = fifo.unsent() as ShadowRequest;
      if (fifo.nextOffset === 0) {
        request.sentNs = nowNs;
        this.reader.expect(request.isHead);
        this.owner.started(request);
      }
      const rest = request.end - request.start - fifo.nextOffset;
      const part = Math.min(left, rest);
      left -= part;
      fifo.nextOffset += part;
      if (part === rest && request.stream === undefined) fifo.sentWhole();
    }
  }

  /** Sends the part of a body that waits; returns whether the request is complete. */
  private flushStream(request: ShadowRequest, connection: ShadowConnection): boolean {
    const body = request.stream;
    if (body === undefined) return false;
    if (body.drainInto(connection) > 0) this.progressNs = this.owner.nowNs();
    if (body.waitingBytes > 0) this.writeBlocked = true;
    if (body.waitingBytes > 0 || !body.ended) return false;
    this.fifo.sentWhole();
    return true;
  }

  private answered(status: number): void {
    const { fifo } = this;
    const request = fifo.first();
    if (request === undefined || fifo.inFlight === 0) return;
    if (!fifo.firstIsWhole) this.answeredEarly = true;
    fifo.shift();
    this.answers++;
    this.inAnswer = false;
    this.leave(request);
    const nowNs = this.owner.receivedNs(this.connection);
    this.owner.delivered(request, status, Math.max(nowNs - request.sentNs, 0));
    if (fifo.length === 0) this.rest(nowNs);
  }

  /** The connection is gone: settles what was in flight on it, and goes on with what waits. */
  private lose(reason: UnansweredReason, detail: string, terms: LossTerms): void {
    const mayRepeat = terms.retry === "all" || (terms.retry === "reused" && this.answers > 0);
    const begun = this.inAnswer ? this.fifo.first() : undefined;
    const lost = this.fifo.takeInFlight();
    const again = mayRepeat
      ? lost.filter((one) => one.safe && one.retried === undefined && one !== begun)
      : [];
    const dead = lost.filter((one) => !again.includes(one));
    const neverWorked = this.answers === 0 && lost.length === 0;
    this.down();
    this.fifo.unshift(again);
    for (const request of again) {
      request.retried = reason;
      this.owner.waitsAgain(request);
    }
    if (terms.blamesTarget && (dead.length > 0 || neverWorked)) this.owner.trouble(detail);
    for (const request of dead) {
      this.leave(request);
      this.owner.unanswered(request, reason);
    }
    this.carryOn();
  }

  private carryOn(): void {
    const { fifo, owner } = this;
    if (fifo.length === 0) this.rest(owner.nowNs());
    else if (owner.mayConnect() || fifo.someWaiting((request) => request.probe)) this.connect();
    else this.refuse(() => true, "breaker_open");
    this.countBlocked();
  }

  /** Forgets the connection. */
  private down(): void {
    this.state = "down";
    this.connection = undefined;
    this.answers = 0;
    this.inAnswer = false;
    this.answeredEarly = false;
    this.writeBlocked = false;
    this.reader = this.owner.createResponseReader(this.onAnswer);
  }

  /** Gives up on waiting requests. */
  private refuse(which: (request: ShadowRequest) => boolean, reason: UnsentReason): void {
    for (const request of this.fifo.takeWaiting(which)) {
      this.leave(request);
      this.owner.unsent(request, reason);
    }
    if (this.fifo.length === 0) this.rest(this.owner.nowNs());
    this.countBlocked();
  }

  private isOverdue(nowNs: number): boolean {
    const { fifo } = this;
    const request = fifo.first();
    if (request === undefined || fifo.inFlight === 0) return false;
    const body = request.stream;
    if (body === undefined) return nowNs - request.sentNs > this.owner.timeoutNs;
    // A body that the client has not sent yet is not the target's to wait for.
    const waitsForClient =
      !fifo.firstIsWhole &&
      body.waitingBytes === 0 &&
      fifo.nextOffset === request.end - request.start;
    if (waitsForClient) this.progressNs = nowNs;
    return nowNs - this.progressNs > this.owner.timeoutNs;
  }

  private leave(request: ShadowRequest): void {
    if (request.stream === undefined) return;
    this.streams--;
    request.stream.clear();
  }

  private rest(nowNs: number): void {
    this.restsSinceNs = nowNs;
    this.owner.rests(this);
  }

  private countBlocked(): void {
    const { fifo } = this;
    const blocked = this.state === "open" && fifo.inFlight > 0 ? fifo.waiting : 0;
    if (blocked === this.blocked) return;
    this.owner.blockedChanged(blocked - this.blocked);
    this.blocked = blocked;
  }
}

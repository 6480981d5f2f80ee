import type { LiveConnection } from "../model/connection.ts";
import type { CreateResponseReader } from "../model/delivery.ts";
import type { Exchange, Outcome } from "../model/exchange.ts";
import {
  createTargetLedger,
  type TargetLedger,
  type UnansweredReason,
  type UnsentReason,
} from "../model/ledger.ts";
import type { BodyReceiver, RequestView } from "../model/request.ts";
import type { AddressBook } from "./address-book.ts";
import type { Breaker } from "./breaker.ts";
import type { Composer } from "./compose.ts";
import type { CopyArena } from "./copy-arena.ts";
import { Lane } from "./lane.ts";
import type { LaneOwner } from "./lane-owner.ts";
import { Pin } from "./pin.ts";
import type { OpenConnection } from "./shadow-connection.ts";
import { ShadowRequest } from "./shadow-request.ts";
import { createStreamReceiver, NO_RECEIVER } from "./stream.ts";
import { StreamBody, type StreamBudget } from "./stream-body.ts";

/** A lane nobody needs is kept, connected, for this long. */
const REST_NS = 30e9;

/** Counts over all targets. */
export interface Tally {
  pending: number;
  blocked: number;
}

/** What one target's pool is made of; see DeliverOptions for the limits. */
export interface PoolParts {
  readonly pipeline: number;
  readonly timeoutNs: number;
  readonly connectTimeoutNs: number;
  readonly maxConnections: number;
  readonly maxQueuedRequests: number;
  readonly maxQueuedBytes: number;
  readonly maxStreamBytes: number;
  readonly addresses: AddressBook;
  readonly open: OpenConnection;
  readonly createResponseReader: CreateResponseReader;
  readonly composer: Composer;
  readonly breaker: Breaker;
  readonly arena: CopyArena;
  readonly streamBudget: StreamBudget;
  readonly tally: Tally;
  readonly nowNs: () => number;
  readonly receivedNs: () => number;
  readonly report: (exchange: Exchange, outcome: Outcome, sentTimeNs: number) => void;
}

/**
 * One target: its lanes, which live connection takes which, and the books. A class for one hidden class: its methods run
 * for every mirrored request.
 */
export class TargetPool implements LaneOwner {
  readonly ledger: TargetLedger = createTargetLedger();
  readonly pipeline: number;
  readonly timeoutNs: number;
  readonly connectTimeoutNs: number;
  readonly addresses: AddressBook;
  readonly open: OpenConnection;
  readonly createResponseReader: CreateResponseReader;
  readonly nowNs: () => number;
  readonly receivedNs: () => number;
  private readonly parts: PoolParts;
  private readonly pins = new Map<LiveConnection, Pin>();
  private lanes: Lane[] = [];
  private readonly free: Lane[] = [];
  private readonly dirty: Lane[] = [];
  private turn = 0;
  private queuedRequests = 0;
  private queuedBytes = 0;
  private stopping = false;

  constructor(parts: PoolParts) {
    this.parts = parts;
    this.pipeline = parts.pipeline;
    this.timeoutNs = parts.timeoutNs;
    this.connectTimeoutNs = parts.connectTimeoutNs;
    this.addresses = parts.addresses;
    this.open = parts.open;
    this.createResponseReader = parts.createResponseReader;
    this.nowNs = parts.nowNs;
    this.receivedNs = parts.receivedNs;
  }

  offer(connection: LiveConnection, request: RequestView, exchange: Exchange): void {
    const probe = this.admit(exchange);
    if (probe === undefined) return;
    const pin = this.pinOf(connection);
    const lane = this.laneFor(pin, false);
    if (this.pipeline === 1 && lane.isReady) {
      const copy = this.compose(pin, request, exchange, probe, undefined);
      lane.add(copy);
      lane.go();
      // The kernel may have refused to take any of it.
      if (copy.sentNs === 0) this.enqueue(copy);
      return;
    }
    const maxBytes = this.parts.composer.maxBytes(request);
    if (!this.hasRoom(maxBytes)) {
      if (probe) this.parts.breaker.probeAbandoned();
      this.refuse(exchange, "queue_full");
      return;
    }
    const copy = this.compose(pin, request, exchange, probe, undefined);
    this.enqueue(copy);
    lane.add(copy);
    if (this.pipeline === 1 || lane.outstanding >= this.pipeline) lane.go();
    else if (!lane.isDirty) {
      // Copies of one batch leave together, at the next pump.
      lane.isDirty = true;
      this.dirty.push(lane);
    }
  }

  offerStream(connection: LiveConnection, request: RequestView, exchange: Exchange): BodyReceiver {
    const probe = this.admit(exchange);
    if (probe === undefined) return NO_RECEIVER;
    const pin = this.pinOf(connection);
    const lane = this.laneFor(pin, true);
    if (!this.hasRoom(this.parts.composer.maxBytes(request))) {
      if (probe) this.parts.breaker.probeAbandoned();
      this.refuse(exchange, "queue_full");
      return NO_RECEIVER;
    }
    const body = new StreamBody(this.parts.maxStreamBytes, this.parts.streamBudget);
    const copy = this.compose(pin, request, exchange, probe, body);
    this.enqueue(copy);
    lane.add(copy);
    lane.go();
    return createStreamReceiver(lane, copy, body);
  }

  release(connection: LiveConnection): void {
    const pin = this.pins.get(connection);
    if (pin === undefined) return;
    this.pins.delete(connection);
    pin.released = true;
    if (pin.outstanding === 0) this.unpin(pin);
  }

  /** Sends what the last batch left to be sent together. */
  flush(): void {
    for (const lane of this.dirty) {
      lane.isDirty = false;
      lane.go();
    }
    this.dirty.length = 0;
  }

  /** Finds what has taken too long, and lanes that nobody needs. */
  scan(nowNs: number): void {
    for (const lane of this.lanes) lane.scan(nowNs);
    const needless = (lane: Lane) =>
      lane.pins === 0 &&
      lane.outstanding === 0 &&
      (lane.isDown || nowNs - lane.restsSinceNs > REST_NS);
    if (!this.lanes.some(needless)) return;
    for (const lane of this.lanes.filter(needless)) this.remove(lane);
  }

  /** Refuses every further offer. */
  refuseAll(): void {
    this.stopping = true;
  }

  /** Closes every connection; what is not decided is counted as `stopping`. */
  stop(): void {
    this.stopping = true;
    for (const lane of this.lanes) lane.stop();
  }

  started(request: ShadowRequest): void {
    if (!request.queued) return;
    request.queued = false;
    this.queuedRequests--;
    this.queuedBytes -= request.end - request.start;
  }

  waitsAgain(request: ShadowRequest): void {
    this.enqueue(request);
  }

  delivered(request: ShadowRequest, status: number, latencyNs: number): void {
    const { ledger } = this;
    ledger.delivered++;
    ledger.status[status] = (ledger.status[status] ?? 0) + 1;
    this.parts.breaker.success();
    this.settle(request, { kind: "delivered", status, latencyNs }, request.sentNs);
  }

  unsent(request: ShadowRequest, reason: UnsentReason): void {
    this.started(request);
    if (request.retried !== undefined) {
      this.unanswered(request, request.retried);
      return;
    }
    if (request.probe) this.parts.breaker.probeAbandoned();
    this.ledger.failed.unsent[reason]++;
    this.settle(request, { kind: "unsent", reason }, 0);
  }

  unanswered(request: ShadowRequest, reason: UnansweredReason): void {
    if (request.probe) this.parts.breaker.probeAbandoned();
    this.ledger.failed.sent_unanswered[reason]++;
    this.settle(request, { kind: "sent_unanswered", reason }, request.sentNs);
  }

  trouble(reason: string): void {
    this.parts.breaker.failure(reason);
  }

  mayConnect(): boolean {
    return this.parts.breaker.state === "closed";
  }

  rests(lane: Lane): void {
    if (this.pipeline > 1 || lane.pins > 0 || lane.isFree) return;
    lane.isFree = true;
    this.free.push(lane);
  }

  blockedChanged(difference: number): void {
    this.parts.tally.blocked += difference;
  }

  /** Whether the request may be offered, and then whether it is the probe; undefined when it was refused. */
  private admit(exchange: Exchange): boolean | undefined {
    this.ledger.offered++;
    const verdict = this.stopping ? "no" : this.parts.breaker.admit();
    if (verdict !== "no") return verdict === "probe";
    this.refuse(exchange, this.stopping ? "stopping" : "breaker_open");
    return undefined;
  }

  private refuse(exchange: Exchange, reason: UnsentReason): void {
    this.ledger.failed.unsent[reason]++;
    this.parts.report(exchange, { kind: "unsent", reason }, 0);
  }

  private settle(request: ShadowRequest, outcome: Outcome, sentTimeNs: number): void {
    request.decided = true;
    if (request.inArena) this.parts.arena.free(request.start);
    this.parts.tally.pending--;
    const { pin } = request;
    pin.outstanding--;
    if (pin.released && pin.outstanding === 0) this.unpin(pin);
    this.parts.report(request.exchange, outcome, sentTimeNs);
  }

  private hasRoom(bytes: number): boolean {
    const { maxQueuedRequests, maxQueuedBytes } = this.parts;
    return this.queuedRequests < maxQueuedRequests && this.queuedBytes + bytes <= maxQueuedBytes;
  }

  private enqueue(request: ShadowRequest): void {
    request.queued = true;
    request.queuedNs = this.nowNs();
    this.queuedRequests++;
    this.queuedBytes += request.end - request.start;
  }

  /** Writes the copy, to the arena if it fits. */
  private compose(
    pin: Pin,
    request: RequestView,
    exchange: Exchange,
    probe: boolean,
    body: StreamBody | undefined,
  ): ShadowRequest {
    const { composer, arena, tally } = this.parts;
    const maxBytes = composer.maxBytes(request);
    const found = arena.find(maxBytes);
    const inArena = found >= 0;
    const bytes = inArena ? arena.bytes : new Uint8Array(maxBytes);
    const start = inArena ? found : 0;
    const end = composer.compose(request, bytes, start);
    if (inArena) arena.keep(end);
    tally.pending++;
    pin.outstanding++;
    return new ShadowRequest(exchange, pin, probe, bytes, start, end, inArena, body);
  }

  private pinOf(connection: LiveConnection): Pin {
    const known = this.pins.get(connection);
    if (known !== undefined) return known;
    const lane = this.pipeline > 1 ? this.fewestLanes(false) : this.freeLane();
    if (this.pipeline === 1) lane.pins++;
    const pin = new Pin(lane);
    this.pins.set(connection, pin);
    return pin;
  }

  private unpin(pin: Pin): void {
    if (this.pipeline > 1) return;
    const { lane } = pin;
    lane.pins--;
    if (lane.outstanding === 0) this.rests(lane);
  }

  /** The lane for the next request: with pipelining any, as long as requests of one live connection keep their order. */
  private laneFor(pin: Pin, forStream: boolean): Lane {
    if (this.pipeline > 1 && pin.outstanding === 0) pin.lane = this.fewestLanes(forStream);
    return pin.lane;
  }

  /** The first lane that can take one more, so that few carry all. */
  private fewestLanes(forStream: boolean): Lane {
    const most = forStream ? 0 : this.pipeline - 1;
    for (const lane of this.lanes) if (lane.outstanding <= most && !lane.hasStream) return lane;
    return this.newLane() ?? this.least((lane) => lane.outstanding);
  }

  /** A lane of its own for a live connection, as long as there are any; then the one that fewest share. */
  private freeLane(): Lane {
    const free = this.free.pop();
    if (free === undefined) return this.newLane() ?? this.least((lane) => lane.pins);
    free.isFree = false;
    return free;
  }

  private newLane(): Lane | undefined {
    if (this.lanes.length >= this.parts.maxConnections) return undefined;
    const lane = new Lane(this);
    this.lanes.push(lane);
    return lane;
  }

  private least(load: (lane: Lane) => number): Lane {
    const { lanes } = this;
    const from = this.turn++;
    let best = lanes[from % lanes.length] as Lane;
    for (let i = 1; i < lanes.length; i++) {
      const lane = lanes[(from + i) % lanes.length] as Lane;
      if (load(lane) < load(best)) best = lane;
    }
    return best;
  }

  private remove(lane: Lane): void {
    lane.stop();
    this.lanes = this.lanes.filter((other) => other !== lane);
    const at = this.free.indexOf(lane);
    if (at >= 0) this.free.splice(at, 1);
  }
}

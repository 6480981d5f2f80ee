import type { LiveConnection } from "../model/connection.ts";
import type { CreateResponseReader } from "../model/delivery.ts";
import type { Exchange, Outcome } from "../model/exchange.ts";
import type { TargetLedger, UnansweredReason, UnsentReason } from "../model/ledger.ts";
import type { BodyReceiver, RequestView } from "../model/request.ts";
import type { AddressBook } from "./address-book.ts";
import { Admission, type Verdict } from "./admission.ts";
import type { Breaker } from "./breaker.ts";
import type { Composer } from "./compose.ts";
import type { CopyArena } from "./copy-arena.ts";
import type { Lane } from "./lane.ts";
import type { LaneOwner } from "./lane-owner.ts";
import { LaneSet } from "./lane-set.ts";
import type { Pin } from "./pin.ts";
import type { OpenConnection } from "./shadow-connection.ts";
import { ShadowRequest } from "./shadow-request.ts";
import { createStreamReceiver, NO_RECEIVER } from "./stream.ts";
import { StreamBody, type StreamBudget } from "./stream-body.ts";
import type { TargetBudget } from "./target-budget.ts";

/** Counts over all targets. */
export interface Tally {
  pending: number;
  blocked: number;
}

/** What one target's pool is made of; see DeliverOptions and TargetOptions for the limits. */
export interface PoolParts {
  /** Kept by whoever made it: it outlives the pool. */
  readonly ledger: TargetLedger;
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
  readonly budget: TargetBudget | undefined;
  readonly breaker: Breaker;
  readonly arena: CopyArena;
  readonly streamBudget: StreamBudget;
  readonly tally: Tally;
  readonly nowNs: () => number;
  readonly receivedNs: LaneOwner["receivedNs"];
  readonly report: (exchange: Exchange, outcome: Outcome, sentTimeNs: number) => void;
}

/**
 * One target: who is admitted, what waits, the copies and the books. A class for one hidden class: its methods run for
 * every mirrored request.
 */
export class TargetPool implements LaneOwner {
  readonly pipeline: number;
  readonly timeoutNs: number;
  readonly connectTimeoutNs: number;
  readonly addresses: AddressBook;
  readonly open: OpenConnection;
  readonly createResponseReader: CreateResponseReader;
  readonly nowNs: () => number;
  readonly receivedNs: LaneOwner["receivedNs"];
  private readonly parts: PoolParts;
  private readonly ledger: TargetLedger;
  private readonly admission: Admission;
  private readonly lanes: LaneSet;
  private readonly dirty: Lane[] = [];
  private queuedRequests = 0;
  private queuedBytes = 0;
  private retired = false;

  constructor(parts: PoolParts) {
    this.parts = parts;
    this.ledger = parts.ledger;
    this.pipeline = parts.pipeline;
    this.timeoutNs = parts.timeoutNs;
    this.connectTimeoutNs = parts.connectTimeoutNs;
    this.addresses = parts.addresses;
    this.open = parts.open;
    this.createResponseReader = parts.createResponseReader;
    this.nowNs = parts.nowNs;
    this.receivedNs = parts.receivedNs;
    this.admission = new Admission(parts.budget, parts.breaker, parts.addresses);
    this.lanes = new LaneSet(this, parts.maxConnections);
  }

  /** Retired, and nothing is left to do: it may be closed. */
  get isOver(): boolean {
    return this.retired && this.admission.inFlight === 0;
  }

  offer(connection: LiveConnection, request: RequestView, exchange: Exchange): void {
    this.ledger.offered++;
    const maxBytes = this.parts.composer.maxBytes(request);
    const verdict = this.admission.ask(maxBytes);
    if (verdict !== "yes" && verdict !== "probe") {
      this.refuse(exchange, verdict);
      return;
    }
    const pin = this.lanes.pinOf(connection);
    const lane = this.lanes.laneFor(pin, false);
    if (this.pipeline === 1 && lane.isReady) {
      const copy = this.compose(pin, request, exchange, verdict, maxBytes, undefined);
      lane.add(copy);
      lane.go();
      // The kernel may have refused to take any of it.
      if (copy.sentNs === 0) this.enqueue(copy);
      return;
    }
    if (!this.hasRoom(maxBytes)) {
      this.refuseAdmitted(exchange, verdict);
      return;
    }
    const copy = this.compose(pin, request, exchange, verdict, maxBytes, undefined);
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
    this.ledger.offered++;
    const { parts, admission } = this;
    const maxBytes = parts.composer.maxBytes(request);
    const verdict = admission.ask(maxBytes);
    if (verdict !== "yes" && verdict !== "probe") {
      this.refuse(exchange, verdict);
      return NO_RECEIVER;
    }
    const pin = this.lanes.pinOf(connection);
    const lane = this.lanes.laneFor(pin, true);
    if (!this.hasRoom(maxBytes)) {
      this.refuseAdmitted(exchange, verdict);
      return NO_RECEIVER;
    }
    const body = new StreamBody(parts.maxStreamBytes, parts.streamBudget);
    const copy = this.compose(pin, request, exchange, verdict, maxBytes, body);
    this.enqueue(copy);
    lane.add(copy);
    lane.go();
    return createStreamReceiver(lane, copy, body, admission);
  }

  release(connection: LiveConnection): void {
    this.lanes.release(connection);
  }

  pause(paused: boolean): void {
    this.admission.paused = paused;
  }

  /** Finishes what it has, and what is still offered until then. */
  retire(): void {
    this.retired = true;
  }

  /** Sends what the last batch left to be sent together. */
  flush(): void {
    // Setting the length, even to what it is, costs a call into V8.
    if (this.dirty.length === 0) return;
    for (const lane of this.dirty) {
      lane.isDirty = false;
      lane.go();
    }
    this.dirty.length = 0;
  }

  /** Finds what has taken too long, and connections that nobody needs. */
  scan(nowNs: number): void {
    this.lanes.scan(nowNs);
    if (this.retired) this.lanes.closeIdle();
  }

  /** Refuses every further offer. */
  refuseAll(): void {
    this.admission.stopping = true;
  }

  /** Closes every connection; what is not decided is counted as `stopping`. */
  stop(): void {
    this.refuseAll();
    this.lanes.stop();
  }

  /** Stops for good: gives back what it shares with others. */
  close(): void {
    this.stop();
    this.parts.arena.close();
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
    this.lanes.rests(lane);
  }

  blockedChanged(difference: number): void {
    this.parts.tally.blocked += difference;
  }

  private refuse(exchange: Exchange, reason: UnsentReason): void {
    this.ledger.failed.unsent[reason]++;
    this.parts.report(exchange, { kind: "unsent", reason }, 0);
  }

  /** There is no room for a request that might otherwise have been sent. */
  private refuseAdmitted(exchange: Exchange, verdict: Verdict): void {
    if (verdict === "probe") this.parts.breaker.probeAbandoned();
    this.refuse(exchange, "queue_full");
  }

  private settle(request: ShadowRequest, outcome: Outcome, sentTimeNs: number): void {
    request.decided = true;
    if (request.inArena) this.parts.arena.free(request.start);
    this.parts.tally.pending--;
    this.admission.decided();
    this.lanes.decided(request.pin);
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

  /** Accepts the request: writes the copy, to the arena if it fits. */
  private compose(
    pin: Pin,
    request: RequestView,
    exchange: Exchange,
    verdict: Verdict,
    maxBytes: number,
    body: StreamBody | undefined,
  ): ShadowRequest {
    const { composer, arena, tally } = this.parts;
    const found = arena.find(maxBytes);
    const inArena = found >= 0;
    const bytes = inArena ? arena.bytes : new Uint8Array(maxBytes);
    const start = inArena ? found : 0;
    const end = composer.compose(request, bytes, start);
    if (inArena) arena.keep(end);
    tally.pending++;
    pin.outstanding++;
    this.admission.accepted(end - start);
    const probe = verdict === "probe";
    return new ShadowRequest(exchange, pin, probe, bytes, start, end, inArena, body);
  }
}

import type { LiveConnection } from "../../model/connection.ts";
import type { CaptureLedger, MalformedReason } from "../../model/ledger.ts";
import type { BodyReceiver, RequestSink } from "../../model/request.ts";
import { detect, type NoticeKind, type NoticeSink } from "../detect.ts";
import { Join } from "./join.ts";
import {
  type KeptRequest,
  keepMore,
  keepRequest,
  leavesHttp,
  reopenRequest,
} from "./kept-request.ts";
import { LiveStatus } from "./live-status.ts";
import type { HoleCause } from "./lost-requests.ts";
import { type DecoderShared, type MessageSink, RequestDecoder } from "./request-decoder.ts";
import type { RequestHead } from "./request-head.ts";
import { isInterim } from "./response-start.ts";

/** What all sessions of one process share. */
export interface SessionShared extends DecoderShared {
  readonly sink: RequestSink;
  readonly ledger: CaptureLedger;
  readonly notice: NoticeSink;
}

/** The beginning of an answer, as the TCP layer saw it. */
export interface ResponseStart {
  status: number;
  timeNs: number;
  /** Where the segment ends in the server's bytes, as int32. */
  nextSeq: number;
  /** It acknowledges exactly what came of the client, and follows exactly what the client has acknowledged. */
  isInStep: boolean;
}

/** How a connection ended: by its peers, or because the flow table gave it up. */
export type EndCause = "closed" | "evicted";

const Mode = {
  /** Message boundaries are known: requests are handed on. */
  synced: 0,
  /** They are not: client bytes are passed over. */
  unsynced: 1,
  /** A boundary is supposed; the request that begins there is being read. */
  candidate: 2,
  /** That request is complete and kept; the live answer must come next to prove the boundary. */
  confirming: 3,
  /** A request that may end HTTP/1.1 is kept until its answer begins. */
  upgrading: 4,
  /** Not HTTP/1.x, or no longer: nothing is read. */
  ignoring: 5,
} as const;

/** Bytes that may follow a kept request. */
const MAX_KEPT_BYTES = 65536;

/**
 * One connection's HTTP/1.x: decides which of its bytes are requests, hands them on, and counts each request once. How it finds
 * them in a connection that it does not know from its start is told in join.ts. A class: one lives per connection.
 */
export class Http1Session implements MessageSink {
  /** What the client has acknowledged, as int32. Set by the TCP layer before `data`. */
  clientAck = 0;
  private readonly shared: SessionShared;
  private readonly connection: LiveConnection;
  private readonly decoder: RequestDecoder;
  private readonly live: LiveStatus;
  private mode: number;
  /** No byte has been read as HTTP yet: what comes may be another protocol. */
  private isFresh = true;
  private kept: KeptRequest | undefined;
  /** While boundaries are unknown. */
  private join: Join | undefined;

  constructor(connection: LiveConnection, shared: SessionShared, isSynced: boolean) {
    this.connection = connection;
    this.shared = shared;
    this.decoder = new RequestDecoder(this, shared);
    this.live = new LiveStatus(shared.sink);
    this.mode = Mode.synced;
    if (!isSynced) this.desync();
  }

  /** No request is being read or waits for a decision. */
  get isQuiet(): boolean {
    return this.mode === Mode.synced ? this.decoder.isBetween : this.mode !== Mode.upgrading;
  }

  /** In-order client bytes; `flags` are their record's `SegmentFlag` bits. */
  data(bytes: Uint8Array, start: number, end: number, timeNs: number, flags: number): void {
    if (this.mode === Mode.synced) {
      const at = this.decoder.push(bytes, start, end, timeNs);
      if (at < end) this.unread(bytes, at, end);
    } else if (this.mode === Mode.upgrading) this.keepOn(bytes, start, end);
    else if (this.mode !== Mode.ignoring) this.seek(bytes, start, end, timeNs, flags);
  }

  /** Client bytes are missing before what comes next; `starts` requests that begin there were counted by the capture. */
  hole(cause: HoleCause, starts: number): void {
    if (this.mode === Mode.synced) {
      const isAnswered = this.live.isAnsweredEarly;
      const progress = this.decoder.abandon("gap");
      const { lost } = this.desync();
      if (progress === "none") lost.hole(cause, starts, true);
      else {
        lost.expect(starts);
        if (progress === "held") {
          lost.broken(cause);
          if (!isAnswered) lost.owed++;
        }
      }
    } else if (this.mode === Mode.upgrading) {
      if (this.kept !== undefined) this.kept.isBroken = true;
    } else if (this.mode !== Mode.ignoring) {
      this.dropCandidate();
      this.join?.lost.hole(cause, starts, false);
    }
  }

  /** The server began to answer. */
  responseStart(start: ResponseStart): void {
    const { status } = start;
    const isUpgrade = this.kept?.upgrades === true && status === 101;
    if (isInterim(status) || (status === 101 && !isUpgrade)) {
      this.live.interim(start.nextSeq);
      return;
    }
    if (this.mode === Mode.synced) this.live.answered(status, start.timeNs, this.decoder.isHolding);
    else if (this.mode === Mode.upgrading) this.answerKept(start);
    else if (this.mode === Mode.confirming && start.isInStep) this.confirm(start);
    else if (this.mode !== Mode.ignoring) {
      this.dropCandidate();
      this.join?.answered();
    }
  }

  /** The client will send no more. */
  clientDone(): void {
    if (this.mode === Mode.candidate) this.dropCandidate();
    if (this.mode === Mode.synced && this.decoder.abandon("client_closed") === "held")
      this.shared.ledger.malformed.incomplete++;
  }

  /** The connection is over. */
  close(cause: EndCause): void {
    const { ledger } = this.shared;
    if (this.mode === Mode.synced) {
      const progress = this.decoder.abandon(cause === "closed" ? "client_closed" : "gap");
      if (progress === "held" && cause === "closed") ledger.malformed.incomplete++;
      else if (progress === "held") ledger.lost.gap++;
    } else if (this.mode === Mode.upgrading) ledger.skipped.upgraded++;
    this.ignore();
  }

  /** The capture is over; `isWaiting`: client bytes beyond a hole were waiting for what is missing. */
  detach(isWaiting: boolean): void {
    const { ledger } = this.shared;
    if (this.mode === Mode.synced) {
      const progress = this.decoder.abandon("detached");
      if (progress === "held" || (progress === "none" && isWaiting)) ledger.lost.left_mid_stream++;
    } else if (this.mode !== Mode.unsynced && this.mode !== Mode.ignoring)
      ledger.lost.left_mid_stream++;
    this.ignore();
  }

  whole(head: RequestHead): void {
    if (this.mode === Mode.candidate) {
      this.decoder.halt();
      const isSmall = head.bodyEnd - head.start <= MAX_KEPT_BYTES;
      this.kept = isSmall ? keepRequest(this.shared.arena, head) : undefined;
      this.mode = this.kept === undefined ? Mode.unsynced : Mode.confirming;
      return;
    }
    this.isFresh = false;
    if (head.isShadow) this.countShadow();
    else if (!head.upgrades) this.emit(head);
    else {
      this.decoder.halt();
      this.kept = keepRequest(this.shared.arena, head);
      if (this.kept === undefined) this.leaveHttp();
      else this.mode = Mode.upgrading;
    }
  }

  streamed(head: RequestHead): BodyReceiver | undefined {
    if (this.mode === Mode.candidate) {
      this.dropCandidate();
      return undefined;
    }
    this.isFresh = false;
    if (head.isShadow) {
      this.countShadow();
      return undefined;
    }
    if (head.upgrades) {
      this.leaveHttp();
      return undefined;
    }
    this.shared.ledger.decoded++;
    const { token, receiver } = this.shared.sink.stream(this.connection, head);
    this.live.sent(token, this.clientAck);
    return receiver;
  }

  faulted(
    reason: MalformedReason,
    wasStreamed: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (this.mode === Mode.candidate) {
      this.dropCandidate();
      return;
    }
    const kind = this.isFresh ? detect(bytes, start, end) : "http1";
    if (kind !== "http1") {
      this.notHttp(kind === "other" ? undefined : kind);
      return;
    }
    // A streamed request has been counted as decoded; its receiver knows that it was cut.
    if (!wasStreamed) this.shared.ledger.malformed[reason]++;
    this.isFresh = false;
    const isDue = !wasStreamed && !this.live.isAnsweredEarly;
    const join = this.desync();
    if (isDue) join.lost.owed++;
    join.distrust(bytes, start, end, !wasStreamed);
  }

  overflowed(): void {
    if (this.mode === Mode.candidate) {
      this.dropCandidate();
      return;
    }
    this.shared.ledger.shed++;
    const isDue = !this.live.isAnsweredEarly;
    const { lost } = this.desync();
    if (isDue) lost.owed++;
  }

  private emit(head: RequestHead): object | undefined {
    this.shared.ledger.decoded++;
    const token = this.shared.sink.request(this.connection, head);
    this.live.sent(token, this.clientAck);
    return token;
  }

  private countShadow(): void {
    this.shared.ledger.skipped.already_shadow++;
    this.live.sent(undefined, this.clientAck);
  }

  /** The decoder stopped before the end of what it was given. */
  private unread(bytes: Uint8Array, start: number, end: number): void {
    if (this.mode === Mode.upgrading) this.keepOn(bytes, start, end);
    else this.join?.passed(bytes, start, end);
  }

  private seek(bytes: Uint8Array, start: number, end: number, timeNs: number, flags: number): void {
    if (this.mode === Mode.confirming) this.dropCandidate();
    if (this.mode === Mode.candidate) this.join?.passed(bytes, start, end);
    else {
      const isFirst = this.isFresh;
      this.isFresh = false;
      const kind = isFirst ? detect(bytes, start, end) : "http1";
      if (kind === "tls" || kind === "http2_preface") {
        this.notHttp(kind);
        return;
      }
      if (this.join?.mayBegin(bytes, start, end, flags) !== true) return;
      this.mode = Mode.candidate;
    }
    const at = this.decoder.push(bytes, start, end, timeNs);
    if (at < end) this.dropCandidate();
  }

  private dropCandidate(): void {
    this.releaseKept();
    this.decoder.abandon("gap");
    this.decoder.halt();
    this.mode = Mode.unsynced;
  }

  private confirm(start: ResponseStart): void {
    const kept = this.kept;
    if (kept === undefined) return;
    this.mode = Mode.synced;
    this.join = undefined;
    this.live.clear();
    this.handOnKept(kept, start);
    this.releaseKept();
  }

  private answerKept(start: ResponseStart): void {
    const kept = this.kept;
    if (kept === undefined) return;
    if (this.live.outstanding > 0) {
      this.live.answered(start.status, start.timeNs, false);
      return;
    }
    this.mode = Mode.synced;
    this.kept = undefined;
    this.handOnKept(kept, start);
    if (this.mode === Mode.synced) {
      const at = this.decoder.push(kept.bytes, kept.requestEnd, kept.end, start.timeNs);
      if (at < kept.end) this.unread(kept.bytes, at, kept.end);
      if (kept.isBroken) this.hole("unseen", 0);
    }
    this.shared.arena.release(kept.bytes);
  }

  /** The answer to the kept request has begun: hands the request on, or leaves HTTP/1.1. */
  private handOnKept(kept: KeptRequest, start: ResponseStart): void {
    const { head } = this.shared;
    this.isFresh = false;
    reopenRequest(kept, head);
    if (head.isShadow) this.countShadow();
    else if (kept.upgrades && leavesHttp(kept, start.status)) {
      this.leaveHttp();
      return;
    } else this.emit(head);
    this.live.answered(start.status, start.timeNs, false);
  }

  private keepOn(bytes: Uint8Array, start: number, end: number): void {
    const kept = this.kept;
    if (kept === undefined || kept.isBroken) return;
    if (!keepMore(this.shared.arena, kept, bytes, start, end, MAX_KEPT_BYTES)) this.leaveHttp();
  }

  private leaveHttp(): void {
    this.shared.ledger.skipped.upgraded++;
    this.ignore();
    this.notice("upgraded");
  }

  private notHttp(kind: NoticeKind | undefined): void {
    this.shared.ledger.skipped.not_http++;
    this.ignore();
    if (kind !== undefined) this.notice(kind);
  }

  private notice(kind: NoticeKind): void {
    this.shared.notice(kind, this.connection.server());
  }

  private ignore(): void {
    this.mode = Mode.ignoring;
    this.decoder.halt();
    this.decoder.abandon("malformed");
    this.live.clear();
    this.releaseKept();
  }

  private desync(): Join {
    this.join = new Join(this.shared.ledger, this.live.outstanding);
    this.live.clear();
    this.mode = Mode.unsynced;
    return this.join;
  }

  private releaseKept(): void {
    if (this.kept !== undefined) this.shared.arena.release(this.kept.bytes);
    this.kept = undefined;
  }
}

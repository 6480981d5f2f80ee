import type { LiveConnection } from "../../model/connection.ts";
import type { LostReason, MalformedReason } from "../../model/ledger.ts";
import type { BodyReceiver } from "../../model/request.ts";
import { detect, type NoticeKind, type NoticeSink } from "../detect.ts";
import { Join } from "./join.ts";
import {
  type KeptRequest,
  keepBytes,
  keepHole,
  keepRequest,
  leavesHttp,
  MAX_KEPT_BYTES,
  reopenRequest,
  replay,
} from "./kept-request.ts";
import type { LiveStatus } from "./live-status.ts";
import type { HoleCause } from "./lost-requests.ts";
import { type DecoderShared, type MessageSink, RequestDecoder } from "./request-decoder.ts";
import type { RequestHead } from "./request-head.ts";
import { type OutletShared, RequestOutlet } from "./request-outlet.ts";
import { isInterim, type ResponseStart } from "./response-start.ts";
import { Mode } from "./session-mode.ts";

/** What all sessions of one process share. */
export interface SessionShared extends DecoderShared, OutletShared {
  readonly notice: NoticeSink;
}

/** How a connection ended: by its peers, or because the flow table gave it up. */
export type EndCause = "closed" | "evicted";

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
  private readonly outlet: RequestOutlet;
  private readonly live: LiveStatus;
  private mode: number;
  /** Body of a supposed request that is too large to keep: where it ends proves the next boundary. */
  private passedBody: BodyReceiver | undefined;
  /** No byte has been read as HTTP yet: what comes may be another protocol. */
  private isFresh = true;
  private kept: KeptRequest | undefined;
  /** While requests are given up that waited for their connection's owner: why. */
  private givingUp: LostReason | undefined;
  /** While boundaries are unknown. */
  private join: Join | undefined;

  constructor(connection: LiveConnection, shared: SessionShared, isSynced: boolean) {
    this.connection = connection;
    this.shared = shared;
    this.decoder = new RequestDecoder(this, shared);
    this.outlet = new RequestOutlet(connection, shared);
    this.live = this.outlet.live;
    this.mode = Mode.synced;
    if (!isSynced) this.desync();
  }

  /** No request is being read or waits for a decision. */
  get isQuiet(): boolean {
    return this.mode === Mode.synced ? this.decoder.isBetween : this.mode !== Mode.waiting;
  }

  /** In-order client bytes; `flags` are their record's `SegmentFlag` bits, `sample` was drawn for the request they begin with. */
  data(
    bytes: Uint8Array,
    start: number,
    end: number,
    timeNs: number,
    flags: number,
    sample: number,
  ): void {
    if (this.mode === Mode.waiting) this.settleOwner();
    if (this.mode === Mode.synced) {
      const at = this.decoder.push(bytes, start, end, timeNs, sample);
      if (at === end) return;
      if (this.kept !== undefined) this.keepOn(bytes, at, end, timeNs, -1);
      else this.join?.passed(bytes, at, end);
    } else if (this.mode === Mode.waiting) this.keepOn(bytes, start, end, timeNs, sample);
    else if (this.mode !== Mode.ignoring) this.seek(bytes, start, end, timeNs, flags, sample);
  }

  /**
   * Client bytes are missing before what comes next; `starts` requests that begin there were counted by the capture. `isAnswered`:
   * what comes next was sent after the answers to requests that were left out.
   */
  hole(cause: HoleCause, starts: number, isAnswered: boolean): void {
    if (this.mode === Mode.waiting) this.settleOwner();
    if (this.mode === Mode.synced) {
      if (cause === "selected" && this.decoder.skipWhole())
        this.live.leftOut(this.clientAck, isAnswered);
      else {
        const isEarly = this.live.isAnsweredEarly;
        const progress = this.decoder.abandon("gap");
        this.desync().lost.holeInSync(cause, starts, progress, isEarly);
      }
    } else if (this.mode === Mode.waiting) this.keepHole(cause, starts, isAnswered);
    else if (this.mode !== Mode.ignoring) {
      this.dropCandidate();
      this.join?.lost.hole(cause, starts);
    }
  }

  /** The server began to answer. */
  responseStart(start: ResponseStart): void {
    const { status } = start;
    const isUpgrade = this.kept?.upgrades === true && status === 101;
    if (isInterim(status) || (status === 101 && !isUpgrade)) {
      this.live.interim(start.nextSeq);
      this.settleOwner();
      return;
    }
    if (this.mode === Mode.synced) this.live.answered(status, start.timeNs, this.decoder.isHolding);
    else if (this.mode === Mode.waiting) this.answerWaiting(start);
    else if (this.mode === Mode.confirming && start.isInStep) this.confirm(start);
    else if (this.mode !== Mode.ignoring) {
      this.dropCandidate();
      this.join?.answered();
    }
  }

  /** The client will send no more. */
  clientDone(): void {
    if (this.mode === Mode.candidate) this.dropCandidate();
    if (this.mode === Mode.waiting) this.settleOwner();
    if (this.mode === Mode.synced && this.decoder.abandon("client_closed") === "held")
      this.shared.ledger.malformed.incomplete++;
  }

  /** The connection is over. */
  close(cause: EndCause): void {
    const { ledger } = this.shared;
    this.giveUp("owner_unknown");
    if (this.mode === Mode.synced) {
      const progress = this.decoder.abandon(cause === "closed" ? "client_closed" : "gap");
      if (progress === "held" && cause === "closed") ledger.malformed.incomplete++;
      else if (progress === "held") ledger.lost.gap++;
    } else if (this.mode === Mode.waiting) ledger.skipped.upgraded++;
    this.ignore();
  }

  /** The capture is over; `isWaiting`: client bytes beyond a hole were waiting for what is missing. */
  detach(isWaiting: boolean): void {
    const { ledger } = this.shared;
    this.giveUp("left_mid_stream");
    if (this.mode === Mode.synced) {
      const progress = this.decoder.abandon("detached");
      if (progress === "held" || (progress === "none" && isWaiting)) ledger.lost.left_mid_stream++;
    } else if (this.mode !== Mode.unsynced && this.mode !== Mode.ignoring)
      ledger.lost.left_mid_stream++;
    this.ignore();
  }

  whole(head: RequestHead): void {
    if (this.mode === Mode.candidate) {
      const isSmall = head.bodyEnd - head.start <= MAX_KEPT_BYTES;
      this.kept = isSmall ? keepRequest(this.shared.arena, head) : undefined;
      if (this.kept === undefined && head.upgrades) this.dropCandidate();
      else this.awaitProof();
      return;
    }
    this.isFresh = false;
    if (head.isShadow) this.outlet.shadow(this.clientAck);
    else if (this.givingUp !== undefined && !head.upgrades)
      this.outlet.lost(this.givingUp, this.clientAck);
    else if (head.upgrades || this.outlet.isOwnerMissing) this.wait(head);
    else this.outlet.whole(head, this.clientAck);
  }

  streamed(head: RequestHead): BodyReceiver | undefined {
    if (this.mode === Mode.candidate) {
      if (!head.upgrades) return this.passBody();
      this.dropCandidate();
      return undefined;
    }
    this.isFresh = false;
    if (head.isShadow) this.outlet.shadow(this.clientAck);
    else if (head.upgrades) this.leaveHttp();
    else if (this.givingUp !== undefined) this.outlet.lost(this.givingUp, this.clientAck);
    else if (this.outlet.isOwnerMissing) this.outlet.lost("owner_unknown", this.clientAck);
    else return this.outlet.streamed(head, this.clientAck);
    return undefined;
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

  private seek(
    bytes: Uint8Array,
    start: number,
    end: number,
    timeNs: number,
    flags: number,
    sample: number,
  ): void {
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
    const at = this.decoder.push(bytes, start, end, timeNs, sample);
    if (at < end) this.dropCandidate();
  }

  private dropCandidate(): void {
    this.releaseKept();
    this.decoder.abandon("gap");
    this.decoder.halt();
    this.mode = Mode.unsynced;
  }

  private passBody(): BodyReceiver {
    this.passedBody ??= { data() {}, end: () => this.awaitProof(), cut() {} };
    return this.passedBody;
  }

  /** The supposed request is complete. */
  private awaitProof(): void {
    this.decoder.halt();
    this.mode = Mode.confirming;
  }

  private confirm(start: ResponseStart): void {
    if (this.kept === undefined) this.join?.answered();
    this.join = undefined;
    this.live.clear();
    this.mode = Mode.synced;
    this.answerKept(start);
  }

  /** Keeps a request until its answer begins. */
  private wait(head: RequestHead): void {
    this.kept = keepRequest(this.shared.arena, head);
    if (this.kept !== undefined) {
      this.decoder.halt();
      this.mode = Mode.waiting;
    } else if (head.upgrades) this.leaveHttp();
    else this.outlet.lost("owner_unknown", this.clientAck);
  }

  private keepOn(
    bytes: Uint8Array,
    start: number,
    end: number,
    timeNs: number,
    sample: number,
  ): void {
    const { kept } = this;
    if (kept === undefined) return;
    if (keepBytes(this.shared.arena, kept, bytes, start, end, timeNs, sample)) return;
    if (kept.upgrades) this.leaveHttp();
    else this.giveUp("owner_unknown", () => this.data(bytes, start, end, timeNs, 0, sample));
  }

  private keepHole(cause: HoleCause, starts: number, isAnswered: boolean): void {
    const { kept } = this;
    if (kept === undefined || keepHole(kept, cause, starts, isAnswered)) return;
    if (kept.upgrades) this.leaveHttp();
    else this.giveUp("owner_unknown", () => this.hole(cause, starts, isAnswered));
  }

  /** An answer began while a request waits for its own. */
  private answerWaiting(start: ResponseStart): void {
    if (this.live.outstanding === 0) this.answerKept(start);
    else {
      this.live.answered(start.status, start.timeNs, false);
      this.settleOwner();
    }
  }

  /** The answer to the kept request has begun: hands the request on, or leaves HTTP/1.1. */
  private answerKept(start: ResponseStart): void {
    this.isFresh = false;
    if (this.kept !== undefined && leavesHttp(this.kept, start.status)) {
      this.leaveHttp();
      return;
    }
    const kept = this.takeKept();
    if (kept !== undefined) this.handOn(kept, start);
  }

  /** Hands on what waited for its connection's owner alone, if that is certain or not asked for any more. */
  private settleOwner(): void {
    const kept = this.outlet.isOwnerMissing ? undefined : this.takeOwnerless();
    if (kept !== undefined) this.handOn(kept, undefined);
  }

  /** Counts under `reason` what waits for its connection's owner alone, and whole requests after it, those in `more` included. */
  private giveUp(reason: LostReason, more?: () => void): void {
    const kept = this.takeOwnerless();
    if (kept === undefined) return;
    this.givingUp = reason;
    this.outlet.lost(reason, this.clientAck);
    replay(this.shared.arena, kept, this);
    more?.();
    this.givingUp = undefined;
  }

  private takeOwnerless(): KeptRequest | undefined {
    const isForOwner = this.mode === Mode.waiting && this.kept?.upgrades === false;
    return isForOwner ? this.takeKept() : undefined;
  }

  /** The kept request's fate is decided, and boundaries are known. */
  private takeKept(): KeptRequest | undefined {
    const { kept } = this;
    this.kept = undefined;
    if (kept !== undefined) this.mode = Mode.synced;
    return kept;
  }

  /** Hands on a request that was kept, and its status, if its answer has begun; then what came after it. */
  private handOn(kept: KeptRequest, start: ResponseStart | undefined): void {
    const { head, arena } = this.shared;
    reopenRequest(kept, head);
    if (head.isShadow) this.outlet.shadow(this.clientAck);
    else this.outlet.whole(head, this.clientAck);
    if (start !== undefined) this.live.answered(start.status, start.timeNs, false);
    replay(arena, kept, this);
  }

  private leaveHttp(): void {
    this.shared.ledger.skipped.upgraded++;
    this.ignore();
    this.shared.notice("upgraded", this.connection.server());
  }

  private notHttp(kind: NoticeKind | undefined): void {
    this.shared.ledger.skipped.not_http++;
    this.ignore();
    if (kind !== undefined) this.shared.notice(kind, this.connection.server());
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

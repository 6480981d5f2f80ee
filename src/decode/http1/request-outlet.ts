import type { LiveConnection } from "../../model/connection.ts";
import type { CaptureLedger, LostReason } from "../../model/ledger.ts";
import type { BodyReceiver, RequestSink } from "../../model/request.ts";
import { LiveStatus } from "./live-status.ts";
import type { RequestHead } from "./request-head.ts";

/** What the outlets of one process share. */
export interface OutletShared {
  readonly sink: RequestSink;
  readonly ledger: CaptureLedger;
  /** Whether a request may be handed on only once its connection's owner is certain. */
  readonly needsOwner: () => boolean;
}

/** Where the requests of one connection leave the decoder: each is counted once, and its answer is expected. */
export class RequestOutlet {
  readonly live: LiveStatus;
  private readonly connection: LiveConnection;
  private readonly shared: OutletShared;

  constructor(connection: LiveConnection, shared: OutletShared) {
    this.connection = connection;
    this.shared = shared;
    this.live = new LiveStatus(shared.sink);
  }

  /** Requests must wait until the first answer makes certain who owns the connection. */
  get isOwnerMissing(): boolean {
    return this.connection.isOwnerPending && this.shared.needsOwner();
  }

  /** Hands on a whole request; `ack` is what the client had acknowledged by then, as int32. */
  whole(head: RequestHead, ack: number): void {
    this.shared.ledger.decoded++;
    this.live.sent(this.shared.sink.request(this.connection, head), ack);
  }

  /** Hands on the head of a request whose body follows. */
  streamed(head: RequestHead, ack: number): BodyReceiver | undefined {
    this.shared.ledger.decoded++;
    const { token, receiver } = this.shared.sink.stream(this.connection, head);
    this.live.sent(token, ack);
    return receiver;
  }

  /** Counts a mirror's own request. */
  shadow(ack: number): void {
    this.shared.ledger.skipped.already_shadow++;
    this.live.sent(undefined, ack);
  }

  /** Counts a request that cannot be handed on. */
  lost(reason: LostReason, ack: number): void {
    this.shared.ledger.lost[reason]++;
    this.live.sent(undefined, ack);
  }
}

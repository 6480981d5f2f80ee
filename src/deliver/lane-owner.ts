import type { CreateResponseReader } from "../model/delivery.ts";
import type { UnansweredReason, UnsentReason } from "../model/ledger.ts";
import type { DialerParts } from "./dialer.ts";
import type { Lane } from "./lane.ts";
import type { ShadowConnection } from "./shadow-connection.ts";
import type { ShadowRequest } from "./shadow-request.ts";

/** What a lane needs of its target, and tells it. */
export interface LaneOwner extends DialerParts {
  /** Requests that may wait for an answer on one connection. */
  readonly pipeline: number;
  readonly timeoutNs: number;
  readonly createResponseReader: CreateResponseReader;
  /** When the bytes at hand came on this connection, as well as that is known: cheaper than asking what time it is now. */
  receivedNs(connection: ShadowConnection | undefined): number;
  /** The first byte was sent. */
  started(request: ShadowRequest): void;
  /** It waits again, to be sent a second time. */
  waitsAgain(request: ShadowRequest): void;
  delivered(request: ShadowRequest, status: number, latencyNs: number): void;
  unsent(request: ShadowRequest, reason: UnsentReason): void;
  unanswered(request: ShadowRequest, reason: UnansweredReason): void;
  /** A connection could not be made, or ended with requests on it; told before those requests' outcomes. */
  trouble(reason: string): void;
  /** Whether connections may be made for anything but a probe. */
  mayConnect(): boolean;
  /** Nothing is left on this lane. */
  rests(lane: Lane): void;
  blockedChanged(difference: number): void;
}

/** What becomes of requests whose connection is lost under them. */
export interface LossTerms {
  /** Which of them may be sent again, if safe: those on a connection that had answered before, all, or none. */
  readonly retry: "reused" | "all" | "none";
  readonly blamesTarget: boolean;
}

export const Loss = {
  peerEnded: { retry: "reused", blamesTarget: true },
  /** RFC 9112 section 9.6: after announcing its close, a server processes nothing more. */
  announced: { retry: "all", blamesTarget: false },
  givenUp: { retry: "none", blamesTarget: true },
  ourChoice: { retry: "none", blamesTarget: false },
} as const satisfies Record<string, LossTerms>;

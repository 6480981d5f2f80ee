import type { CreateResponseReader } from "../model/delivery.ts";
import { ShadowtapError } from "../model/errors.ts";
import type { OutcomeSink } from "../model/exchange.ts";
import type { TargetOptions } from "../model/target.ts";
import type { SocketSet } from "../model/transport.ts";
import type { BreakerState } from "./breaker.ts";

/** Limits of the sender itself; what is particular to a target is in `TargetOptions`. */
export interface DeliverOptions {
  /** Shadow connections per target. */
  readonly maxConnections: number;
  /** Requests, and their bytes, that wait to be sent, per target. */
  readonly maxQueuedRequests: number;
  readonly maxQueuedBytes: number;
  /** Body bytes that wait to be sent, per streamed request and in all. */
  readonly maxStreamBytes: number;
  readonly maxStreamBytesInAll: number;
}

export const DELIVER_DEFAULTS: DeliverOptions = {
  maxConnections: 128,
  maxQueuedRequests: 1024,
  maxQueuedBytes: 16 * 1024 * 1024,
  maxStreamBytes: 32 * 1024 * 1024,
  maxStreamBytesInAll: 32 * 1024 * 1024,
};

/** What holds for a target about which nothing else was said. */
export const TARGET_DEFAULTS: TargetOptions = {
  hostPolicy: { kind: "keep" },
  setHeaders: [],
  removeHeaders: [],
  timeoutMs: 5000,
  pipeline: 1,
  ca: undefined,
  insecure: false,
  budget: { requestsPerSecond: undefined, bytesPerSecond: undefined, inFlight: undefined },
};

/** Both ends of one of our own connections; addresses are literal, without brackets. */
export type ConnectionHook = (
  localAddress: string,
  localPort: number,
  remoteAddress: string,
  remotePort: number,
) => void;

/** What the deliverer needs from outside, and whom it tells. */
export interface DeliverPorts {
  readonly sockets: SocketSet;
  readonly createResponseReader: CreateResponseReader;
  readonly onOutcome: OutcomeSink;
  /** At every resolution: which of these addresses may be connected to; connections wait for the promise. */
  readonly onResolve?: (
    targetIndex: number,
    addresses: readonly string[],
  ) => Promise<readonly string[]>;
  /** Before a connection of ours sends its first byte, and when it is closed. */
  readonly onConnect?: ConnectionHook;
  readonly onClose?: ConnectionHook;
  readonly onTargetState?: (targetIndex: number, state: BreakerState, reason: string) => void;
  /** CLOCK_MONOTONIC, nanoseconds; replaced in tests. */
  readonly nowNs?: () => number;
  /** All addresses of a name; replaced in tests. */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be in a field value.
const FIELD_VALUE = /^[^\x00-\x08\x0a-\x1f\x7f]*$/;
const HOST = /^[!-.0-?A-~]+$/;
/** Fields that say where the message ends: changing them would let a body be read as a request. */
const FRAMING = new Set(["content-length", "transfer-encoding"]);
/** Fields of the connection, which is ours and not the client's (RFC 9110 section 7.6.1). */
const CONNECTION = new Set(["connection", "keep-alive", "proxy-connection", "upgrade", "expect"]);

function usage(message: string, hint: string): ShadowtapError {
  return new ShadowtapError("ST_USAGE", message, [hint]);
}

/** Throws ST_USAGE for header options that would break the copy's framing or its connection. */
export function checkHeaderOptions(
  options: Pick<TargetOptions, "setHeaders" | "removeHeaders" | "hostPolicy">,
): void {
  const names = [...options.removeHeaders, ...options.setHeaders.map(([name]) => name)];
  for (const name of names) {
    const folded = name.toLowerCase();
    if (!TOKEN.test(name))
      throw usage(
        `"${name}" is not a header name.`,
        "Header names are tokens, RFC 9110 section 5.1.",
      );
    if (FRAMING.has(folded))
      throw usage(
        `${name} cannot be set or removed.`,
        "It says where the message ends; the copy keeps the client's.",
      );
  }
  for (const [name, value] of options.setHeaders) {
    if (CONNECTION.has(name.toLowerCase()))
      throw usage(
        `${name} cannot be set.`,
        "It belongs to the connection, which is shadowtap's own.",
      );
    if (!FIELD_VALUE.test(value))
      throw usage(`The value of ${name} has control characters.`, "Leave out line breaks.");
  }
  if (options.removeHeaders.some((name) => name.toLowerCase() === "host"))
    throw usage("Host cannot be removed.", "HTTP/1.1 demands one; use --host to choose which.");
  if (options.hostPolicy.kind === "name" && !HOST.test(options.hostPolicy.name))
    throw usage(
      `"${options.hostPolicy.name}" is not a host name.`,
      "Use name, name:port or [v6]:port.",
    );
}

import type { Budget } from "./rule.ts";

/** What the copy's Host field says: the client's own, the target's, or a fixed name. */
export type HostPolicy =
  | { readonly kind: "keep" }
  | { readonly kind: "target" }
  | { readonly kind: "name"; readonly name: string };

/** How copies for one target are made and sent. */
export interface TargetOptions {
  readonly hostPolicy: HostPolicy;
  /** Name and value; they replace every field of the same name. */
  readonly setHeaders: readonly (readonly [name: string, value: string])[];
  /** Names in any case. */
  readonly removeHeaders: readonly string[];
  /** From a request's first byte sent to its complete answer; also the longest that one waits to be sent. */
  readonly timeoutMs: number;
  /** Requests of different live connections that may wait for answers on one shadow connection; 1: none. */
  readonly pipeline: number;
  /** PEM certificates trusted for https instead of the system's. */
  readonly ca: string | undefined;
  /** Do not verify the certificate. */
  readonly insecure: boolean;
  /** What exceeds it is counted as unsent: `max_rps`, `max_bandwidth`, `max_in_flight`. */
  readonly budget: Budget;
}

/** Where copies go: one `--to`. */
export interface Target {
  /** Its name in lines, ledger and messages: as given, else the URL without credentials or query. */
  readonly name: string;
  readonly tls: boolean;
  /** Host name or address to resolve, without brackets. */
  readonly host: string;
  readonly port: number;
  /** `host[:port]` as a Host field would say it. */
  readonly authority: string;
  /** Put before the request's path; no trailing slash, empty for none. */
  readonly pathPrefix: string;
  readonly options: TargetOptions;
}

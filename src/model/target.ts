/** What the copy's Host field says: the client's own, the target's, or a fixed name. */
export type HostPolicy =
  | { readonly kind: "keep" }
  | { readonly kind: "target" }
  | { readonly kind: "name"; readonly name: string };

/** Where copies go: one `--to`. */
export interface Target {
  /** The URL as given, without credentials or query: its name in lines, ledger and messages. */
  readonly name: string;
  readonly tls: boolean;
  /** Host name or address to resolve, without brackets. */
  readonly host: string;
  readonly port: number;
  /** `host[:port]` as a Host field would say it. */
  readonly authority: string;
  /** Put before the request's path; no trailing slash, empty for none. */
  readonly pathPrefix: string;
}

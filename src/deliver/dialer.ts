import type { AddressBook } from "./address-book.ts";
import type { ConnectionEvents, OpenConnection, ShadowConnection } from "./shadow-connection.ts";

/** What one attempt to connect came to when it came to nothing. */
export type DialFailure = "connect_failed" | "connect_timeout" | "address_refused";

export interface DialerParts {
  readonly addresses: AddressBook;
  readonly open: OpenConnection;
  /** For the whole attempt, however many addresses there are, and finding them. */
  readonly connectTimeoutNs: number;
  nowNs(): number;
}

/** Makes one connection at a time, trying the addresses of the target in turn. */
export class Dialer {
  private readonly parts: DialerParts;
  private readonly events: ConnectionEvents;
  private readonly onFailure: (reason: DialFailure, detail: string) => void;
  /** Told apart by number, so that addresses that come too late are recognised. */
  private attempt = 0;
  private untried: readonly string[] = [];
  private address = "";
  private connection: ShadowConnection | undefined = undefined;
  private attemptUntilNs = 0;
  private addressUntilNs = 0;

  /** `events` are those of the connection; while it dials, `ended` is to be passed on to `refused`. */
  constructor(
    parts: DialerParts,
    events: ConnectionEvents,
    onFailure: (reason: DialFailure, detail: string) => void,
  ) {
    this.parts = parts;
    this.events = events;
    this.onFailure = onFailure;
  }

  start(): void {
    const attempt = ++this.attempt;
    this.attemptUntilNs = this.parts.nowNs() + this.parts.connectTimeoutNs;
    this.parts.addresses.order((addresses, failure) => {
      if (attempt !== this.attempt) return;
      this.untried = addresses;
      if (addresses.length > 0) this.dial();
      else if (this.parts.addresses.isRefused()) this.fail("address_refused", failure);
      else this.fail("connect_failed", failure);
    });
  }

  /** The connection is open: it is the caller's now. */
  take(): ShadowConnection | undefined {
    const { connection } = this;
    this.forget();
    return connection;
  }

  cancel(): void {
    this.connection?.close(true);
    this.forget();
  }

  /** The connection that was being made is refused. */
  refused(detail: string): void {
    this.parts.addresses.failed(this.address);
    this.connection = undefined;
    if (this.untried.length > 0) this.dial();
    else this.fail("connect_failed", detail);
  }

  /** Finds out whether it takes too long. */
  scan(nowNs: number): void {
    const { connection } = this;
    if (nowNs <= (connection === undefined ? this.attemptUntilNs : this.addressUntilNs)) return;
    if (connection !== undefined) {
      connection.close(true);
      this.parts.addresses.failed(this.address);
      this.connection = undefined;
    }
    if (this.untried.length > 0) this.dial();
    else this.fail("connect_timeout", "no connection in time");
  }

  /** Tries the next address, which has an equal share of the time that is left. */
  private dial(): void {
    const nowNs = this.parts.nowNs();
    this.addressUntilNs = nowNs + (this.attemptUntilNs - nowNs) / this.untried.length;
    this.address = this.untried[0] ?? "";
    this.untried = this.untried.slice(1);
    this.connection = this.parts.open(this.address, this.events);
  }

  private fail(reason: DialFailure, detail: string): void {
    this.forget();
    this.onFailure(reason, detail);
  }

  private forget(): void {
    this.attempt++;
    this.connection = undefined;
    this.untried = [];
  }
}

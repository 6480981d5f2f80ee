import type { ShadowRequest } from "./shadow-request.ts";

const FIRST_CAPACITY = 16;

/**
 * The requests of one lane, in order, in a ring:
 *
 *     head … next      sent, not answered
 *     next             perhaps sent in part: `nextOffset` bytes of it
 *     next … tail      waiting
 */
export class RequestFifo {
  private items: (ShadowRequest | undefined)[] = new Array(FIRST_CAPACITY).fill(undefined);
  private mask = FIRST_CAPACITY - 1;
  private head = 0;
  private next = 0;
  private tail = 0;
  nextOffset = 0;

  get length(): number {
    return this.tail - this.head;
  }

  get inFlight(): number {
    return this.next - this.head + (this.nextOffset > 0 ? 1 : 0);
  }

  /** Not sent in any part. */
  get waiting(): number {
    return this.tail - this.next - (this.nextOffset > 0 ? 1 : 0);
  }

  get hasUnsent(): boolean {
    return this.next !== this.tail;
  }

  /** The oldest request. */
  first(): ShadowRequest | undefined {
    return this.head === this.tail ? undefined : this.items[this.head & this.mask];
  }

  /** The request that is sent next, or sent in part; `ahead` more for those behind it. */
  unsent(ahead = 0): ShadowRequest | undefined {
    const at = this.next + ahead;
    return at < this.tail ? this.items[at & this.mask] : undefined;
  }

  /** Whether the oldest request was sent to its end. */
  get firstIsWhole(): boolean {
    return this.next !== this.head;
  }

  push(request: ShadowRequest): void {
    if (this.length > this.mask) this.grow();
    this.items[this.tail++ & this.mask] = request;
  }

  /** The request at `next` has been sent to its end. */
  sentWhole(): void {
    this.nextOffset = 0;
    this.next++;
  }

  /** Takes the oldest request away, which was sent at least in part. */
  shift(): void {
    this.items[this.head & this.mask] = undefined;
    if (this.next === this.head) {
      this.next++;
      this.nextOffset = 0;
    }
    this.head++;
  }

  /** Takes everything out that was sent, in whole or in part; in order. */
  takeInFlight(): ShadowRequest[] {
    const count = this.inFlight;
    const taken = this.slice(this.head, this.head + count);
    this.rebuild(this.slice(this.head + count, this.tail), 0);
    return taken;
  }

  /** Takes everything out that is waiting and fulfils `which`; in order. */
  takeWaiting(which: (request: ShadowRequest) => boolean): ShadowRequest[] {
    const from = this.tail - this.waiting;
    const taken: ShadowRequest[] = [];
    const kept: ShadowRequest[] = [];
    for (const request of this.slice(from, this.tail))
      (which(request) ? taken : kept).push(request);
    if (taken.length > 0) {
      const { nextOffset } = this;
      const sent = this.next - this.head;
      this.rebuild([...this.slice(this.head, from), ...kept], sent);
      this.nextOffset = nextOffset;
    }
    return taken;
  }

  /** Puts requests before all others, as waiting; nothing may be in flight. */
  unshift(requests: readonly ShadowRequest[]): void {
    this.rebuild([...requests, ...this.slice(this.head, this.tail)], 0);
  }

  someWaiting(which: (request: ShadowRequest) => boolean): boolean {
    return this.slice(this.tail - this.waiting, this.tail).some(which);
  }

  private slice(from: number, to: number): ShadowRequest[] {
    const out: ShadowRequest[] = [];
    for (let at = from; at < to; at++) out.push(this.items[at & this.mask] as ShadowRequest);
    return out;
  }

  private rebuild(requests: readonly ShadowRequest[], sent: number): void {
    this.items.fill(undefined);
    this.head = 0;
    this.next = sent;
    this.tail = 0;
    this.nextOffset = 0;
    for (const request of requests) this.push(request);
  }

  private grow(): void {
    const requests = this.slice(this.head, this.tail);
    const { nextOffset } = this;
    const sent = this.next - this.head;
    this.items = new Array((this.mask + 1) * 2).fill(undefined);
    this.mask = this.items.length - 1;
    this.rebuild(requests, sent);
    this.nextOffset = nextOffset;
  }
}

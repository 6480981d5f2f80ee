import type { HoldArena } from "../hold-arena.ts";

const NOTHING = new Uint8Array(0);

/** Bytes of one message that are held until they can be handed on, in a buffer lent by the arena. */
export class HeldBytes {
  private readonly arena: HoldArena;
  /** `bytes[0 … length)` is what is held. */
  bytes: Uint8Array = NOTHING;
  length = 0;

  constructor(arena: HoldArena) {
    this.arena = arena;
  }

  /**
   * Adds `bytes[start … end)`; `more` bytes are announced to follow, which is believed only as far as bytes have come.
   * False when there is no memory for it.
   */
  append(bytes: Uint8Array, start: number, end: number, more: number): boolean {
    const needed = this.length + (end - start);
    if (needed > this.bytes.length) {
      const larger = this.arena.acquire(needed + Math.min(needed, more));
      if (larger === undefined) return false;
      larger.set(this.bytes.subarray(0, this.length));
      if (this.bytes.length > 0) this.arena.release(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(bytes.subarray(start, end), this.length);
    this.length = needed;
    return true;
  }

  /** Gives the buffer back. */
  release(): void {
    if (this.bytes.length > 0) this.arena.release(this.bytes);
    this.bytes = NOTHING;
    this.length = 0;
  }
}

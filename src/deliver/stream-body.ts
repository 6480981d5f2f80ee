import type { ShadowConnection } from "./shadow-connection.ts";

/** Small pieces are gathered in blocks of this size: a piece of one byte must not cost a buffer. */
const BLOCK_BYTES = 16 * 1024;

/** How many body bytes may wait, over all streams. */
export class StreamBudget {
  private readonly maxBytes: number;
  private usedBytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  take(bytes: number): boolean {
    if (this.usedBytes + bytes > this.maxBytes) return false;
    this.usedBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.usedBytes -= bytes;
  }
}

interface Block {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
}

/** The part of one streamed body that waits to be sent. */
export class StreamBody {
  private readonly maxBytes: number;
  private readonly budget: StreamBudget;
  private blocks: Block[] = [];
  waitingBytes = 0;
  /** Nothing follows what waits. */
  ended = false;

  constructor(maxBytes: number, budget: StreamBudget) {
    this.maxBytes = maxBytes;
    this.budget = budget;
  }

  /** Keeps a copy of `bytes[start … end)`; false when that would be too much. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    const count = end - start;
    if (this.waitingBytes + count > this.maxBytes || !this.budget.take(count)) return false;
    this.waitingBytes += count;
    const last = this.blocks.at(-1);
    const room = last === undefined ? 0 : Math.min(last.bytes.length - last.end, count);
    if (last !== undefined && room > 0) {
      last.bytes.set(bytes.subarray(start, start + room), last.end);
      last.end += room;
    }
    if (room < count) {
      const rest = count - room;
      const block = new Uint8Array(Math.max(rest, BLOCK_BYTES));
      block.set(bytes.subarray(start + room, end));
      this.blocks.push({ bytes: block, start: 0, end: rest });
    }
    return true;
  }

  /** Writes what waits until all of it or not all of a block was taken; returns how many bytes were. */
  drainInto(connection: ShadowConnection): number {
    let taken = 0;
    for (;;) {
      const block = this.blocks[0];
      if (block === undefined) return taken;
      const count = connection.write(block.bytes, block.start, block.end);
      taken += count;
      this.waitingBytes -= count;
      this.budget.giveBack(count);
      block.start += count;
      if (block.start < block.end) return taken;
      this.blocks.shift();
    }
  }

  /** Forgets what waits. */
  clear(): void {
    this.budget.giveBack(this.waitingBytes);
    this.waitingBytes = 0;
    this.blocks = [];
  }
}

const BLOCK_BYTES = 64 * 1024;

/**
 * Memory that is cheap to send from, cut into blocks that are taken when needed; the targets share it. When all are
 * taken, whoever asks makes a buffer of its own.
 */
export class ArenaBlocks {
  readonly bytes: Uint8Array;
  private readonly spare: number[] = [];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    // From the end: the first block is taken first, and pages never touched cost nothing.
    for (let at = bytes.length - BLOCK_BYTES; at >= 0; at -= BLOCK_BYTES) this.spare.push(at);
  }

  take(): number {
    return this.spare.pop() ?? -1;
  }

  giveBack(from: number): void {
    this.spare.push(from);
  }
}

/**
 * Where the copies for one target are: one behind the other, so that few pages and cache lines serve many lanes,
 * and a run of copies can be sent in one call. A block
 * starts over when nothing in it is held any more.
 */
export class CopyArena {
  readonly bytes: Uint8Array;
  private readonly blocks: ArenaBlocks;
  /** Copies held, per block of the arena. */
  private readonly held: Int32Array;
  private from = -1;
  private used = 0;

  constructor(blocks: ArenaBlocks) {
    this.blocks = blocks;
    this.bytes = blocks.bytes;
    this.held = new Int32Array(Math.floor(blocks.bytes.length / BLOCK_BYTES));
  }

  /** Where in `bytes` a copy of at most `maxBytes` may be written, or -1. To be confirmed by `keep`. */
  find(maxBytes: number): number {
    if (maxBytes > BLOCK_BYTES) return -1;
    if (this.from < 0 || this.used + maxBytes > BLOCK_BYTES) {
      const next = this.blocks.take();
      if (next < 0) return -1;
      this.from = next;
      this.used = 0;
    }
    return this.from + this.used;
  }

  /** The copy that was begun where `find` said ends at `end`. */
  keep(end: number): void {
    this.used = end - this.from;
    (this.held[this.from / BLOCK_BYTES] as number)++;
  }

  /** The copy that begins at `start` is not needed any more. */
  free(start: number): void {
    const block = Math.floor(start / BLOCK_BYTES);
    const held = (this.held[block] as number) - 1;
    this.held[block] = held;
    if (held > 0) return;
    if (block * BLOCK_BYTES === this.from) this.used = 0;
    else this.blocks.giveBack(block * BLOCK_BYTES);
  }

  /** Nothing is written any more: blocks go back as soon as nothing in them is held. */
  close(): void {
    const { from } = this;
    if (from < 0) return;
    this.from = -1;
    if (this.held[from / BLOCK_BYTES] === 0) this.blocks.giveBack(from);
  }
}

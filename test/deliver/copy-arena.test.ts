import assert from "node:assert/strict";
import { test } from "node:test";
import { ArenaBlocks, CopyArena } from "../../src/deliver/copy-arena.ts";
import { fc } from "../fuzz/property.ts";

const BLOCK = 64 * 1024;

test("copies never overlap, and freed memory is used again", () => {
  const command = fc.oneof(
    fc.record({ owner: fc.nat(1), bytes: fc.integer({ min: 1, max: 40_000 }), spare: fc.nat(500) }),
    fc.record({ free: fc.nat(1000) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 300, size: "max" }), (commands) => {
      const blocks = new ArenaBlocks(new Uint8Array(4 * BLOCK));
      const arenas = [new CopyArena(blocks), new CopyArena(blocks)] as const;
      const held: { arena: CopyArena; start: number; end: number }[] = [];
      for (const one of commands) {
        if ("free" in one) {
          const [copy] = held.splice(one.free % Math.max(held.length, 1), 1);
          copy?.arena.free(copy.start);
          continue;
        }
        const arena = arenas[one.owner] as CopyArena;
        const start = arena.find(one.bytes + one.spare);
        if (start < 0) continue;
        const end = start + one.bytes;
        assert.ok(end + one.spare <= arena.bytes.length);
        for (const other of held) assert.ok(other.end <= start || end <= other.start);
        arena.keep(end);
        held.push({ arena, start, end });
      }
      for (const copy of held) copy.arena.free(copy.start);
      // Each keeps the block it is in; the two others are for whoever asks.
      for (let i = 0; i < 3; i++) {
        assert.ok(arenas[0].find(BLOCK) >= 0);
        arenas[0].keep(arenas[0].find(BLOCK) + BLOCK);
      }
    }),
  );
});

test("gives no more than there is", () => {
  const arena = new CopyArena(new ArenaBlocks(new Uint8Array(2 * BLOCK)));
  assert.equal(arena.find(BLOCK + 1), -1);
  for (let i = 0; i < 2; i++) arena.keep(arena.find(BLOCK) + BLOCK);
  assert.equal(arena.find(1), -1);
});

test("what is closed gives its blocks back, at once or when nothing in them is held", () => {
  const blocks = new ArenaBlocks(new Uint8Array(2 * BLOCK));
  const [held, idle, unused] = [0, 1, 2].map(() => new CopyArena(blocks)) as [
    CopyArena,
    CopyArena,
    CopyArena,
  ];
  const copy = held.find(10);
  held.keep(copy + 10);
  const freed = idle.find(10);
  idle.keep(freed + 10);
  idle.free(freed);
  assert.equal(blocks.take(), -1);
  unused.close();
  assert.equal(blocks.take(), -1);
  idle.close();
  assert.ok(blocks.take() >= 0);
  held.close();
  assert.equal(blocks.take(), -1);
  held.free(copy);
  assert.ok(blocks.take() >= 0);
  assert.equal(blocks.take(), -1);
});

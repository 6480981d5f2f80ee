import assert from "node:assert/strict";
import { test } from "node:test";
import { createByteWindow } from "../../../src/capture/pcap/byte-window.ts";
import { fc } from "../../fuzz/property.ts";

test("however a stream comes and is taken, no byte is lost, doubled or kept for long", () => {
  const steps = fc.array(
    fc.record({ kind: fc.constantFrom("push", "take", "skip"), count: fc.nat(200) }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const window = createByteWindow();
      let pushed = 0;
      let taken = 0;
      for (const { kind, count } of all) {
        if (kind === "push") {
          const chunk = Uint8Array.from({ length: count }, (_, i) => (pushed + i) & 0xff);
          pushed += count;
          window.push(chunk);
        } else if (kind === "skip") {
          if (taken > pushed) continue;
          window.skip(count);
          taken += count;
        } else if (window.has(count)) {
          assert.ok(taken + count <= pushed);
          for (let i = 0; i < count; i++)
            assert.equal(window.bytes[window.at + i], (taken + i) & 0xff);
          window.advance(count);
          taken += count;
        } else assert.ok(taken + count > pushed);
        assert.equal(window.offset, Math.min(taken, pushed));
        assert.equal(window.isEmpty, taken === pushed);
        const left = Math.max(0, pushed - taken);
        if (left === 0 && kind === "push") assert.ok(window.bytes.length <= 4096 + 2 * 200);
      }
    }),
    { numRuns: 300 },
  );
});

test("one that is read as it comes stays small", () => {
  const window = createByteWindow();
  for (let i = 0; i < 10_000; i++) {
    window.push(new Uint8Array(1000));
    while (window.has(701)) window.advance(701);
    assert.ok(window.bytes.length <= 8192);
  }
});

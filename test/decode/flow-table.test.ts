import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection } from "../../src/decode/connection.ts";
import { createFlowTable } from "../../src/decode/flow-table.ts";
import { createHoldArena } from "../../src/decode/hold-arena.ts";
import { RequestHead } from "../../src/decode/http1/request-head.ts";
import type { SessionShared } from "../../src/decode/http1/session.ts";
import { createCaptureLedger } from "../../src/model/ledger.ts";
import { Segment } from "../../src/model/segment.ts";
import { fc } from "../fuzz/property.ts";

const shared: SessionShared = {
  sink: {
    request: () => undefined,
    stream: () => ({ token: undefined, receiver: undefined }),
    response: () => {},
    closed: () => {},
  },
  ledger: createCaptureLedger(),
  notice: () => {},
  head: new RequestHead(),
  arena: createHoldArena(0),
  maxHeadBytes: 0,
  holdBytes: 0,
  needsOwner: () => false,
};

test("found by tuple whatever the keys, and ordered by last use", () => {
  const step = fc.tuple(fc.constantFrom("add", "remove", "touch", "find"), fc.nat(11));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const table = createFlowTable();
      // In order of last use, oldest first.
      const model = new Map<number, Connection>();
      const segment = new Segment();
      let timeNs = 0;
      for (const [what, tuple] of steps) {
        timeNs += 2e9;
        segment.timeNs = timeNs;
        segment.words[3] = tuple;
        segment.flowKey = tuple % 3;
        const known = model.get(tuple);
        assert.equal(table.find(segment), known);
        if (what === "add" && known === undefined) {
          const connection = new Connection(1, segment, 0, true, shared);
          table.add(connection);
          model.set(tuple, connection);
        } else if (what === "remove" && known !== undefined) {
          table.remove(known);
          model.delete(tuple);
        } else if (what === "touch" && known !== undefined) {
          table.touch(known, timeNs);
          model.delete(tuple);
          model.set(tuple, known);
        }
        assert.equal(table.size, model.size);
        assert.equal(table.oldest(), model.values().next().value);
      }
      for (const connection of model.values()) {
        assert.equal(table.oldest(), connection);
        table.remove(connection);
      }
      assert.equal(table.oldest(), undefined);
    }),
  );
});

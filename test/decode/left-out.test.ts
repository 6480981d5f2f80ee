import assert from "node:assert/strict";
import { test } from "node:test";
import { seen } from "../../src/model/ledger.ts";
import { fc } from "../fuzz/property.ts";
import { answer, chunked, get, playbook, post } from "../playbook/playbook.ts";
import { KernelModel, type ModelRequest } from "./kernel-model.ts";

interface Planned extends ModelRequest {
  readonly event: string;
  readonly response: string;
  readonly status: number;
}

const spoof = get("/spoof");

/** A request with a path of its own, and a body that may look like a request. */
function planned(
  [kind, size, isUnwanted]: readonly [number, number, boolean],
  index: number,
): Planned {
  const path = `/${index}`;
  const data = `${index}${"x".repeat(size)}${kind > 3 ? spoof : ""}`;
  const wire =
    kind % 3 === 1 ? data : `${data.length.toString(16)}\r\n${data}\r\n0\r\nT: u\r\n\r\n`;
  const bytes = [get(path), post(path, wire), chunked(path, wire)][kind % 3] ?? "";
  const name = `${kind % 3 === 0 ? "GET" : "POST"} ${path}`;
  const shown = wire.length > 60 ? `${wire.length} bytes` : JSON.stringify(wire);
  const status = 200 + index;
  return {
    bytes,
    isUnwanted,
    hasKnownEnd: kind % 3 !== 2,
    event: `request ${name}${kind % 3 === 0 ? "" : ` ${shown}`}`,
    response: `response ${status} ${name}`,
    status,
  };
}

const requests = fc
  .array(fc.tuple(fc.nat(5), fc.nat(70), fc.boolean()), { minLength: 1, maxLength: 14 })
  .map((kinds) => kinds.map(planned));

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), {
  minLength: 1,
  maxLength: 20,
});

/** Cuts a text at some of the places, given as fractions of its length. */
function cut(text: string, fractions: readonly number[]): string[] {
  const ends = [...new Set(fractions.map((place) => Math.ceil(place * text.length)))]
    .filter((at) => at > 0 && at < text.length)
    .sort((a, b) => a - b);
  return [0, ...ends].map((at, i) => text.slice(at, ends[i] ?? text.length));
}

interface Conversation {
  readonly all: readonly Planned[];
  /** How many requests a client sends before it reads the answers, in turns. */
  readonly bursts: readonly number[];
  readonly cuts: readonly number[];
  /** Which records find the ring full, in turns. */
  readonly fates: readonly boolean[];
}

/** Plays a conversation through the model; the requests in turns of `bursts`, each burst cut at other places. */
function converse({ all, bursts, cuts, fates }: Conversation) {
  const play = playbook();
  const kernel = new KernelModel(play.decode, play.segment, all);
  let record = 0;
  let turn = 0;
  for (let at = 0; at < all.length; turn++) {
    const burst = all.slice(at, at + (bursts[turn % bursts.length] ?? 1));
    at += burst.length;
    const few = cuts.slice((turn * 3) % cuts.length).slice(0, turn % 4);
    for (const piece of cut(burst.map(({ bytes }) => bytes).join(""), few))
      kernel.client(piece, fates[record++ % fates.length] ?? true);
    for (const { status } of burst) kernel.server(answer(status));
  }
  return { play, kernel };
}

test("what is let through is handed on with its status, and nothing is lost", () => {
  let leftOut = 0;
  fc.assert(
    fc.property(requests, places, (all, cuts) => {
      const { play, kernel } = converse({ all, bursts: [1], cuts, fates: [true] });
      kernel.close();
      const admitted = all.filter((request) => kernel.admitted.has(request));
      leftOut += all.length - admitted.length;
      const closed = admitted.length > 0 ? ["closed"] : [];
      play.expect(...admitted.flatMap(({ event, response }) => [event, response]), ...closed);
      play.counts(admitted.length > 0 ? { decoded: admitted.length } : {});
    }),
    { numRuns: 500 },
  );
  assert.ok(leftOut > 200, `the model left out only ${leftOut}`);
});

test("however requests are pipelined, all are handed on, and no status is told for the wrong one", () => {
  fc.assert(
    fc.property(
      requests,
      places,
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
      (all, cuts, bursts) => {
        const { play, kernel } = converse({ all, bursts: [1, ...bursts], cuts, fates: [true] });
        kernel.close();
        const admitted = all.filter((request) => kernel.admitted.has(request));
        const events = play.take();
        const handedOn = events.filter((event) => event.startsWith("request"));
        assert.deepEqual(
          handedOn,
          admitted.map(({ event }) => event),
        );
        const right = new Set(admitted.map(({ response }) => response));
        for (const event of events) assert.ok(!event.startsWith("response") || right.has(event));
        play.counts(admitted.length > 0 ? { decoded: admitted.length } : {});
      },
    ),
    { numRuns: 500 },
  );
});

const fates = fc.array(fc.constantFrom(true, true, true, false), { minLength: 1, maxLength: 40 });

/** Nothing was handed on that was not let through, and nothing twice. Returns how many requests were handed on. */
function checkFound(
  all: readonly Planned[],
  { play, kernel }: ReturnType<typeof converse>,
): number {
  const admitted = all.filter((request) => kernel.admitted.has(request));
  const known = new Set(admitted.map(({ event }) => event));
  const right = new Set(admitted.map(({ response }) => response));
  const events = play.take();
  const found = events.filter((event) => event.startsWith("request"));
  for (const event of found) assert.ok(known.has(event), event);
  for (const event of events) assert.ok(!event.startsWith("response") || right.has(event), event);
  assert.equal(new Set(found).size, found.length);
  assert.equal(play.ledger.decoded, found.length);
  return found.length;
}

test("when records are lost, nothing is handed on wrongly, and each request is counted once", () => {
  let lost = 0;
  let found = 0;
  fc.assert(
    fc.property(requests, places, fates, (all, cuts, fates) => {
      const conversation = converse({ all, bursts: [1], cuts, fates });
      conversation.kernel.close();
      const { play, kernel } = conversation;
      const handedOn = checkFound(all, conversation);
      assert.ok(seen(play.ledger) + kernel.countedLost <= kernel.admitted.size);
      found += handedOn;
      lost += kernel.admitted.size - handedOn;
    }),
    { numRuns: 1000 },
  );
  assert.ok(lost > 100 && found > 1000, `${lost} lost, ${found} found`);
});

test("nor when requests are pipelined as well", () => {
  const bursts = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(requests, places, fates, bursts, (all, cuts, fates, bursts) => {
      const conversation = converse({ all, bursts: [1, ...bursts], cuts, fates });
      conversation.kernel.close();
      checkFound(all, conversation);
    }),
    { numRuns: 1000 },
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { seen } from "../../src/model/ledger.ts";
import { SegmentFlag } from "../../src/model/segment.ts";
import { fc } from "../fuzz/property.ts";
import { answer, chunked, get, playbook, post } from "../playbook/playbook.ts";

/** A request with a body that names it, and that may look like a request of its own. */
interface Planned {
  readonly bytes: string;
  /** How the playbook tells of it. */
  readonly event: string;
}

const spoof = get("/spoof");

function planned(kind: number, index: number): Planned {
  const body = `${index}${"x".repeat(index % 7)}${kind > 4 ? spoof : ""}`;
  const shown = (text: string) =>
    text.length > 60 ? `${text.length} bytes` : JSON.stringify(text);
  switch (kind % 3) {
    case 0:
      return { bytes: get(`/${index}`), event: `request GET /${index}` };
    case 1:
      return { bytes: post(`/${index}`, body), event: `request POST /${index} ${shown(body)}` };
    default: {
      const wire = `${body.length.toString(16)}\r\n${body}\r\n0\r\nT: u\r\n\r\n`;
      return { bytes: chunked(`/${index}`, wire), event: `request POST /${index} ${shown(wire)}` };
    }
  }
}

const requests = fc
  .array(fc.nat(8), { minLength: 1, maxLength: 12 })
  .map((kinds) => kinds.map((kind, index) => planned(kind, index + 1)));

/** Cuts a text at places given as fractions of its length; a spoof in it begins a piece of its own. */
function cut(text: string, places: readonly number[]): { at: number; piece: string }[] {
  const starts = places.map((place) => Math.floor(place * text.length));
  const spoofAt = text.indexOf(spoof);
  if (spoofAt > 0) starts.push(spoofAt);
  const sorted = [...new Set([0, ...starts.filter((at) => at < text.length)])].sort(
    (a, b) => a - b,
  );
  return sorted.map((at, i) => ({ at, piece: text.slice(at, sorted[i + 1] ?? text.length) }));
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), {
  maxLength: 8,
});

test("however segments are cut, doubled and reordered, the requests are the same", () => {
  fc.assert(
    fc.property(
      requests,
      places,
      fc.array(fc.nat(1000), { maxLength: 30 }),
      fc.nat(2 ** 32 - 1),
      (all, cuts, order, firstSeq) => {
        const play = playbook({ firstSeq }).syn();
        const stream = all.map(({ bytes }) => bytes).join("");
        const pieces = cut(stream, cuts);
        const doubled = [...pieces, ...order.map((n) => pieces[n % pieces.length] ?? pieces[0]!)];
        const keyed = doubled.map((piece, i) => ({ ...piece, key: order[i] ?? i }));
        keyed.sort((a, b) => a.key - b.key);
        for (const { at, piece } of keyed) play.client(piece, { ahead: at });
        play.skipTo(stream.length).expect(...all.map(({ event }) => event));
        play.counts({ decoded: all.length });
      },
    ),
  );
});

test("cut at every byte, the same", () => {
  fc.assert(
    fc.property(requests, (all) => {
      const play = playbook().syn();
      for (const byte of all.map(({ bytes }) => bytes).join("")) play.client(byte);
      play.expect(...all.map(({ event }) => event));
    }),
    { numRuns: 20 },
  );
});

/** What the capture misses: for each request the pieces, with the fate of each. */
const fates = fc.array(fc.constantFrom("kept", "kept", "kept", "unseen", "ring_full"), {
  minLength: 1,
  maxLength: 40,
});

test("what the capture misses is counted, once, and never becomes a request", () => {
  fc.assert(
    fc.property(
      requests,
      places,
      fates,
      fc.boolean(),
      fc.nat(3),
      (all, cuts, fate, fromStart, rest) => {
        const play = playbook();
        if (fromStart) play.syn();
        let next = 0;
        let countedByKernel = 0;
        const known = new Set(all.map(({ event }) => event));
        for (const { bytes } of all) {
          for (const { at, piece } of cut(bytes, cuts)) {
            const what = fate[next++ % fate.length];
            if (what === "kept") play.client(piece);
            else if (what === "unseen") play.lose(piece.length);
            else {
              const isStart = at === 0 && /^(GET|POST) /.test(piece);
              if (isStart) countedByKernel++;
              play.lose(piece.length, SegmentFlag.lostBefore, isStart ? 1 : 0);
            }
          }
          play.server(answer(200));
        }
        // Then nothing is missed: the connection must be found again, at the latest by the third request.
        const quiet = Array.from({ length: 3 + rest }, (_, i) => planned(i % 3, 100 + i));
        for (const { bytes } of quiet) play.client(bytes).server(answer(200));
        play.client("", { fin: true }).server("", { fin: true });

        const events = play.take();
        const found = events.filter((event) => event.startsWith("request"));
        for (const event of found.slice(0, -quiet.length)) assert.ok(known.has(event), event);
        assert.equal(new Set(found).size, found.length);
        const last = quiet.slice(2).map(({ event }) => event);
        assert.deepEqual(found.slice(-last.length), last);
        assert.equal(events.at(-1), "closed");
        assert.equal(play.ledger.decoded, found.length);
        assert.equal(seen(play.ledger) + countedByKernel, all.length + quiet.length);
      },
    ),
    { numRuns: 400 },
  );
});

test("with answers missed, too, nothing is counted twice, and no body becomes a request", () => {
  fc.assert(
    fc.property(
      requests,
      places,
      fates,
      fates,
      fc.boolean(),
      (all, cuts, fate, answers, fromStart) => {
        const play = playbook();
        if (fromStart) play.syn();
        let next = 0;
        const known = new Set(all.map(({ event }) => event));
        for (const [index, { bytes }] of all.entries()) {
          for (const { piece } of cut(bytes, cuts)) {
            if (fate[next++ % fate.length] === "kept") play.client(piece);
            else play.lose(piece.length);
          }
          const isMissed = answers[index % answers.length] !== "kept";
          play.server(isMissed ? `not captured ${answer(200)}` : answer(200));
        }
        play.client("", { fin: true }).server("", { fin: true });
        const found = play.take().filter((event) => event.startsWith("request"));
        for (const event of found) assert.ok(known.has(event), event);
        assert.equal(new Set(found).size, found.length);
        assert.equal(play.ledger.decoded, found.length);
        assert.ok(seen(play.ledger) <= all.length);
      },
    ),
    { numRuns: 400 },
  );
});

test("any bytes at all: each connection ends, and nothing is thrown", () => {
  const tokens = fc.constantFrom(
    ...["GET / HTTP/1.1\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "\r\n"],
    ...["5\r\nhello\r\n", "0\r\n", "\n", "\r", " ", "x", "\0", "\x16\x03", "Connection: close\r\n"],
  );
  const step = fc.tuple(fc.constantFrom("client", "server", "lose", "ahead", "behind"), tokens);
  const { fromStart, selectedBefore, sampled, ownerPending } = SegmentFlag;
  const flags = fc.constantFrom(
    0,
    0,
    ownerPending,
    ownerPending | sampled,
    selectedBefore,
    fromStart,
  );
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.array(fc.tuple(step, flags), { maxLength: 60 }),
      (isWhole, steps) => {
        const play = playbook({ holdBytes: 12, maxHeldBytes: 8192, needsOwner: () => isWhole });
        if (isWhole) play.syn();
        for (const [[what, bytes], flags] of steps) {
          if (what === "client") play.client(bytes, { flags });
          else if (what === "server") play.server(answer(200));
          else if (what === "lose") play.lose(bytes.length, bytes.length % 8);
          else play.client(bytes, { ahead: what === "ahead" ? 7 : -7, flags });
        }
        play.client("").end();
        assert.equal(play.decode.connections, 0);
        const events = play.take();
        const count = (prefix: string) => events.filter((event) => event.startsWith(prefix)).length;
        assert.equal(count("stream"), count("end") + count("cut"));
        assert.equal(play.ledger.decoded, count("request") + count("stream"));
      },
    ),
    { numRuns: 500 },
  );
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Exchange, type Outcome } from "../../src/model/exchange.ts";
import { asRedacted } from "../../src/redact/redacted.ts";
import {
  createLineWriter,
  MAX_CHUNK_BYTES,
  MAX_PENDING_BYTES,
} from "../../src/report/line-writer.ts";
import { fc } from "../fuzz/property.ts";
import { readFrames } from "./frames.ts";
import { PLAIN } from "./plain.ts";

const outcome: Outcome = { kind: "delivered", status: 200, latencyNs: 1e6 };

/** An output that takes chunks only while it is told to. */
function createOutput() {
  const chunks: Buffer[] = [];
  const output = {
    room: Number.POSITIVE_INFINITY,
    /** Of one chunk; a disk that is full takes a part. */
    mostBytes: Number.POSITIVE_INFINITY,
    ready: () => output.room > 0,
    write(bytes: Uint8Array) {
      assert.ok(output.room > 0, "written without asking");
      assert.ok(bytes.length > 0 && bytes.length <= MAX_CHUNK_BYTES);
      output.room--;
      const taken = Math.min(bytes.length, output.mostBytes);
      chunks.push(Buffer.from(bytes.subarray(0, taken)));
      return taken;
    },
    text: () => Buffer.concat(chunks).toString(),
    bytes: () => Buffer.concat(chunks),
  };
  return output;
}

function numbered(index: number): Exchange {
  return new Exchange("mirror", "GET", asRedacted(`/${index}`), 1e9, 1);
}

function writerTo(output: ReturnType<typeof createOutput>, kind: "compact" | "protobuf") {
  return createLineWriter(kind, output, {
    targets: ["http://shadow"],
    style: PLAIN,
    wallOffsetMs: () => 0,
  });
}

function numbersIn(text: string): number[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => Number(/ GET \/(\d+) /.exec(line)?.[1]));
}

describe("line writer", () => {
  test("goes on where an output stopped that took a part", () => {
    const output = createOutput();
    const writer = writerTo(output, "compact");
    for (let i = 0; i < 200; i++) writer.line(numbered(i), 0, outcome, 0);
    output.mostBytes = 7;
    output.room = 3;
    writer.flush();
    assert.equal(output.bytes().length, 21);
    output.mostBytes = Number.POSITIVE_INFINITY;
    output.room = Number.POSITIVE_INFINITY;
    writer.flush();
    assert.deepEqual(
      numbersIn(output.text()),
      Array.from({ length: 200 }, (_, index) => index),
    );
    assert.equal(writer.pendingBytes, 0);
  });

  test("writes nothing before a flush, and whole lines in order after it", () => {
    const output = createOutput();
    const writer = writerTo(output, "compact");
    for (let i = 0; i < 500; i++) writer.line(numbered(i), 0, outcome, 0);
    assert.equal(output.text(), "");
    writer.flush();
    assert.deepEqual(
      numbersIn(output.text()),
      Array.from({ length: 500 }, (_, i) => i),
    );
  });

  test("goes on where a full output stopped it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ lines: fc.nat(200), room: fc.nat(4) }), { maxLength: 30 }),
        (turns) => {
          const output = createOutput();
          const writer = writerTo(output, "compact");
          let made = 0;
          for (const { lines, room } of turns) {
            for (let i = 0; i < lines; i++) writer.line(numbered(made++), 0, outcome, 0);
            output.room = room;
            writer.flush();
          }
          output.room = Number.POSITIVE_INFINITY;
          writer.flush();
          assert.deepEqual(
            numbersIn(output.text()),
            Array.from({ length: made }, (_, i) => i),
          );
          assert.equal(writer.pendingBytes, 0);
        },
      ),
    );
  });

  for (const kind of ["compact", "protobuf"] as const)
    test(`a stalled reader costs bounded memory and whole lines only: ${kind}`, () => {
      const output = createOutput();
      const writer = writerTo(output, kind);
      const offered = 100_000;
      output.room = 3;
      for (let i = 0; i < offered; i++) {
        writer.line(numbered(i), 0, outcome, 0);
        if (i % 100 === 0) writer.flush();
        assert.ok(writer.pendingBytes <= MAX_PENDING_BYTES + 200);
      }
      assert.ok(writer.linesDropped > 0);
      output.room = Number.POSITIVE_INFINITY;
      writer.flush();
      const count =
        kind === "compact" ? numbersIn(output.text()).length : readFrames(output.bytes()).length;
      assert.equal(count + writer.linesDropped, offered);

      writer.line(numbered(7), 0, outcome, 0);
      writer.flush();
      assert.equal(writer.pendingBytes, 0, "lines flow again");
    });

  test("what is abandoned counts as dropped", () => {
    const output = createOutput();
    const writer = writerTo(output, "compact");
    output.room = 0;
    for (let i = 0; i < 10; i++) writer.line(numbered(i), 0, outcome, 0);
    writer.flush();
    writer.line(numbered(10), 0, outcome, 0);
    writer.abandon();
    assert.equal(writer.linesDropped, 11);
    assert.equal(writer.pendingBytes, 0);
    output.room = 1;
    writer.flush();
    assert.equal(output.text(), "");
  });

  test("follows the wall clock when it is set", () => {
    const output = createOutput();
    let wallOffsetMs = 0;
    const writer = createLineWriter("json", output, {
      targets: ["http://shadow"],
      style: PLAIN,
      wallOffsetMs: () => wallOffsetMs,
    });
    writer.line(numbered(1), 0, outcome, 0);
    wallOffsetMs = 60_000;
    writer.flush();
    writer.line(numbered(2), 0, outcome, 0);
    writer.flush();
    const times = [...output.text().matchAll(/"time":"([^"]+)"/g)].map(([, time]) => time);
    assert.deepEqual(times, ["1970-01-01T00:00:01.000Z", "1970-01-01T00:01:01.000Z"]);
  });
});

/** Segments of a few connections, with any flags, numbers and overlaps, given to the decoder. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createHttp1Decode } from "../../src/decode/decode.ts";
import { createCaptureLedger } from "../../src/model/ledger.ts";
import { Segment } from "../../src/model/segment.ts";
import { watchDecode } from "./decode-watch.ts";
import { generate } from "./http1-input.ts";
import { fuzz, type Random } from "./target.ts";

/**
 * An input is one byte that says how long the text of the client is (in 16 bytes), that text, and then segments of 8 bytes each:
 * connection, direction and what is lost; TCP flags; the kernel's flags; where it begins (2) and how long it is (1), in the text;
 * what is acknowledged; how late it is.
 */
const STEP_BYTES = 8;
const TEXT_UNIT = 16;
const ANSWERS = ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 100 Continue\r\n\r\n"];
const ISNS = [0, 0xffffff80, 0x7fffffc0, 12_345];

function step(random: Random, textBytes: number): number[] {
  const at = random(6) === 0 ? random(65_536) : random(textBytes + 1);
  const flags = random(4) === 0 ? random(256) : [0x10, 0x10, 0x18, 0x02, 0x11, 0x14][random(6)];
  const kernelFlags = random(3) === 0 ? random(256) : 0;
  const rest = [at & 0xff, at >>> 8, random(256), random(256), random(256)];
  return [random(4) === 0 ? random(256) : random(16), flags ?? 0, kernelFlags, ...rest];
}

fuzz({
  name: "decode-segments",
  generate(random) {
    const units = 1 + random(20);
    const text = Buffer.alloc(units * TEXT_UNIT, generate(random), "latin1");
    const steps = Array.from({ length: 1 + random(60) }, () => step(random, text.length));
    return Buffer.concat([Buffer.from([units]), text, Buffer.from(steps.flat())]);
  },
  run(input) {
    const textEnd = 1 + (input[0] ?? 0) * TEXT_UNIT;
    const text = input.slice(1, textEnd);
    const watched = watchDecode();
    const segment = new Segment();
    const words = new Uint32Array(32);
    segment.words = words;
    let timeNs = 1e9;
    for (let at = textEnd; at + STEP_BYTES <= input.length; at += STEP_BYTES) {
      const [who = 0, tcpFlags = 0, flags = 0, low = 0, high = 0, length = 0, ack = 0, late = 0] =
        input.subarray(at, at + STEP_BYTES);
      const connection = who & 7;
      const isn = ISNS[connection & 3] ?? 0;
      const from = low | (high << 8);
      const answer = Buffer.from(ANSWERS[length & 1] ?? "");
      segment.toServer = (who & 8) === 0;
      // Two connections share each key: they are told apart by their tuple only.
      segment.flowKey = connection >>> 1;
      words[10] = connection;
      segment.bytes = segment.toServer ? text.slice(from, from + length * 4) : answer;
      segment.start = 0;
      segment.end = segment.bytes.length;
      segment.payloadBytes = segment.bytes.length;
      segment.seq = (isn + from) >>> 0;
      segment.ack = (isn + ack * 4) >>> 0;
      segment.tcpFlags = tcpFlags;
      segment.flags = flags;
      segment.skippedBytes = (who & 16) !== 0 ? late * 3 : 0;
      segment.lostStarts = (who & 32) !== 0 ? late & 3 : 0;
      timeNs += late * late * 1e5;
      segment.timeNs = timeNs;
      watched.decode.push(segment);
      segment.bytes.fill(0xaa);
      if ((who & 64) !== 0) watched.decode.sweep(timeNs);
    }
    watched.end();
  },
});

const MIB = 1024 * 1024;
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

test("what comes before its turn takes no more than 32 MiB, however many connections send it", () => {
  const decode = createHttp1Decode(
    {},
    {
      request: () => ({}),
      stream: () => ({ token: {}, receiver: { data() {}, end() {}, cut() {} } }),
      response() {},
      closed() {},
    },
    createCaptureLedger(),
    () => {},
  );
  const segment = new Segment();
  segment.bytes = new Uint8Array(16_384);
  segment.words = new Uint32Array(32);
  const heldBytes = () => {
    // Memory of arrays is given back by a thread of its own: the second round waits for the first.
    collectGarbage();
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const before = heldBytes();
  for (let round = 1; round <= 50; round++)
    for (let connection = 0; connection < 200; connection++) {
      segment.words[10] = connection;
      segment.flowKey = connection;
      segment.timeNs = 1e9;
      if (round === 1) {
        Object.assign(segment, { seq: 0, tcpFlags: 0x02, start: 0, end: 0, payloadBytes: 0 });
        decode.push(segment);
      }
      // Every second piece, so that nothing can be handed on.
      Object.assign(segment, { seq: round * 32_768, tcpFlags: 0x10, end: 16_384 });
      decode.push(segment);
    }
  const bytes = heldBytes() - before;
  assert.ok(bytes > 24 * MIB && bytes < 36 * MIB, `${bytes} bytes`);
  decode.end();
});

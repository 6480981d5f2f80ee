/**
 * Random bytes and mutated captures: nothing but ST_CAPTURE_UNREADABLE is thrown, every packet is counted once, and memory stays
 * bounded.
 *
 *     SHADOWTAP_FUZZ_SECONDS=60 SHADOWTAP_FUZZ_SEED=1 node --test test/fuzz/capture-files.test.ts
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createCaptureFileReader } from "../../src/capture/pcap/capture-file.ts";
import { ShadowtapError } from "../../src/model/errors.ts";
import { total } from "../../src/model/ledger.ts";
import { type CaptureForm, writeCapture } from "../capture/pcap/capture-writer.ts";
import { LINKS, type Link, uint32 } from "../capture/pcap/packet-writer.ts";
import { type ReadCapture, readCapture } from "../capture/pcap/read-capture.ts";
import { generateTraffic, type Random, randomRequest } from "../capture/pcap/traffic.ts";
import { FUZZ_SEED, fuzzInputs } from "./effort.ts";
import { createRandom } from "./http1-input.ts";

/** Numbers at which lengths, offsets and identifiers tend to go wrong. */
const EDGES = [
  0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x10000, 0x100000, 0x7fffffff, 0x80000000, 0xffffffff,
];
const MAGICS = [0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a];

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random(values.length)] as T;
}

function capture(random: Random): Buffer {
  const link = pick(random, Object.keys(LINKS) as Link[]);
  const form: CaptureForm = {
    format: random(2) === 0 ? "pcap" : "pcapng",
    isLittle: random(2) === 0,
    linkType: LINKS[link],
    unitsPerSecond: 1_000_000n,
    isSimple: random(4) === 0,
    hasStrangers: random(2) === 0,
    ...(random(3) === 0 ? { snapBytes: 20 + random(200) } : {}),
  };
  const sent = [[randomRequest(random, 300), randomRequest(random, 300)]];
  const how = { disorder: "overlapping", maxSegmentBytes: 200, hasOptions: true } as const;
  return writeCapture(form, generateTraffic(sent, link, random, how));
}

function mutate(bytes: Buffer, random: Random): Buffer {
  let mutated = Buffer.from(bytes);
  for (let times = 1 + random(6); times > 0 && mutated.length > 4; times--) {
    const at = random(mutated.length - 4);
    switch (random(5)) {
      case 0:
        mutated[at] = random(256);
        break;
      case 1:
        if (random(2) === 0) mutated.writeUInt32LE(pick(random, EDGES), at);
        else mutated.writeUInt32BE(pick(random, EDGES), at);
        break;
      case 2:
        mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + random(40))]);
        break;
      case 3:
        mutated = Buffer.concat([mutated.subarray(0, at + random(40)), mutated.subarray(at)]);
        break;
      default:
        mutated = mutated.subarray(0, at + 4);
    }
  }
  return mutated;
}

function noise(random: Random): Buffer {
  const bytes = Buffer.from(
    Array.from({ length: random(400) }, () => pick(random, [0, 1, random(256)])),
  );
  return random(4) === 0 ? bytes : Buffer.concat([uint32(pick(random, MAGICS)), bytes]);
}

function check({ error, packets, requests, decoded }: ReadCapture, what: string): void {
  if (error !== undefined) {
    assert.ok(error instanceof ShadowtapError, `${what}: ${String(error)}`);
    assert.equal(error.code, "ST_CAPTURE_UNREADABLE", what);
  }
  const accounted = packets.handed_on + total(packets.passed_over) + total(packets.refused);
  assert.equal(packets.packets, accounted, what);
  assert.equal(requests.decoded, decoded.length, what);
}

test("whatever the bytes, they are read or refused", () => {
  const random = createRandom(FUZZ_SEED);
  for (const number of fuzzInputs(1_000)) {
    const bytes = random(4) === 0 ? noise(random) : mutate(capture(random), random);
    check(readCapture(bytes, pick(random, [1, 13, 65_536])), `seed ${FUZZ_SEED}, input ${number}`);
  }
});

test("what a block claims takes no memory", () => {
  const random = createRandom(1);
  const form = { format: "pcapng", isLittle: true, linkType: 1, unitsPerSecond: 1n } as const;
  let packets = 0;
  const reader = createCaptureFileReader(() => packets++);
  const how = { disorder: "none", maxSegmentBytes: 1460, hasOptions: false } as const;
  const traffic = generateTraffic([[randomRequest(random, 10)]], "ethernet", random, how);
  reader.push(writeCapture(form, traffic));
  // An unknown block of 2 GiB: what comes of it is passed over.
  reader.push(Buffer.from([9, 9, 9, 9, 0, 0, 0, 0x80]));
  const before = process.memoryUsage().arrayBuffers;
  const chunk = Buffer.alloc(1 << 20);
  for (let pushed = 0; pushed < 512; pushed++) reader.push(chunk);
  assert.ok(process.memoryUsage().arrayBuffers - before < 4 * chunk.length);
  assert.equal(packets, traffic.length);
  assert.throws(() => reader.end(), /ends in the middle/);
});

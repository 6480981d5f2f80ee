import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ShadowtapError } from "../../../src/model/errors.ts";
import { type CaptureForm, type WrittenPacket, writeCapture } from "./capture-writer.ts";
import { packetBytes } from "./packet-writer.ts";
import { type ReadCapture, readCapture } from "./read-capture.ts";

const GET = Buffer.from("GET /a?secret HTTP/1.1\r\nHost: a\r\n\r\n");
const client = {
  ...{ isV6: false, source: 1, destination: 2, sourcePort: 4000, destinationPort: 8080 },
  ...{ seq: 1000, ack: 0, flags: 2, payload: Buffer.alloc(0) },
} as const;

const start = 1_700_000_000_000_000_000n;
const packets: readonly WrittenPacket[] = [
  { timeNs: start, bytes: packetBytes("ethernet", client) },
  {
    timeNs: start + 1_500_000n,
    bytes: packetBytes("ethernet", { ...client, seq: 1001, ack: 1, flags: 24, payload: GET }),
  },
];
const pcap: CaptureForm = {
  format: "pcap",
  isLittle: true,
  linkType: 1,
  unitsPerSecond: 1_000_000n,
};
const pcapng: CaptureForm = { ...pcap, format: "pcapng" };

function patched(bytes: Buffer, at: number, ...values: number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(values, at);
  return copy;
}

function messageOf({ error }: ReadCapture): string {
  assert.ok(error instanceof ShadowtapError, String(error));
  assert.equal(error.code, "ST_CAPTURE_UNREADABLE");
  return error.message;
}

/** Where the second packet's record begins: pcap, and pcapng without options. */
const SECOND = { pcap: 24 + 16 + 60, pcapng: 28 + 20 + 92 } as const;
const plain = writeCapture(pcap, packets);
const blocks = writeCapture(pcapng, packets);

describe("damage is told with the byte at which it shows, and what comes before is read", () => {
  const cases: readonly (readonly [string, Buffer, RegExp])[] = [
    ["pcap version", patched(plain, 4, 3), /byte 4: the file is of version 3\.4/],
    ["pcap link type", patched(plain, 20, 105), /link type 105, which is not read/],
    ["pcap fraction", patched(plain, 28, 0xff, 0xff, 0xff, 0xff), /byte 28: .*fraction/],
    ["pcap huge", patched(plain, 34, 0xff), /byte 32: a packet claims 16711740 bytes/],
    ["pcap longer than it was", patched(plain, 36, 10), /byte 32: a packet of 10 bytes claims/],
    ["pcap cut header", plain.subarray(0, 30), /byte 24: it ends in the middle/],
    ["pcap cut packet", plain.subarray(0, -1), new RegExp(`byte ${SECOND.pcap}: it ends in the`)],
    ["pcap without header", plain.subarray(0, 10), /byte 0: it ends in the middle/],
    ["pcapng byte order", patched(blocks, 8, 0), /byte 8: a section does not say its byte order/],
    ["pcapng version", patched(blocks, 12, 2), /byte 12: a section is of version 2/],
    ["pcapng block length", patched(blocks, 32, 21), /byte 32: a block of type 1 claims 21 bytes/],
    ["pcapng short block", patched(blocks, 32, 12), /byte 32: a block of type 1 claims 12 bytes/],
    ["pcapng trailer", patched(blocks, 44, 24), /byte 44: a block of 20 bytes ends as one of 24/],
    ["pcapng interface", patched(blocks, 56, 7), /byte 56: a packet is of interface 7/],
    ["pcapng time", patched(blocks, 63, 0xff), /byte 60: a packet claims a time/],
    ["pcapng packet length", patched(blocks, 68, 200), /byte 68: a packet of 60 bytes claims/],
    ["pcapng beyond block", patched(blocks, 68, 90, 0, 0, 0, 90), /byte 68: .* longer than its/],
    ["pcapng cut block", blocks.subarray(0, -2), /ends in the middle/],
    ["pcapng cut trailer", blocks.subarray(0, -4), /ends in the middle/],
    ["neither", Buffer.from("GET / HTTP/1.1\r\n"), /neither pcap nor pcapng/],
    ["gzip", Buffer.from([0x1f, 0x8b, 8, 0, 0]), /The capture is compressed/],
    ["empty", Buffer.alloc(0), /The capture is empty/],
  ];
  for (const [name, bytes, message] of cases)
    test(name, () => {
      assert.match(messageOf(readCapture(bytes)), message);
      assert.equal(messageOf(readCapture(bytes, 1)), messageOf(readCapture(bytes)));
    });

  test("what comes before", () => {
    const further = Buffer.concat([plain, Buffer.alloc(15)]);
    const read = readCapture(further);
    assert.match(messageOf(read), new RegExp(`byte ${plain.length}: `));
    assert.deepEqual([read.decoded.length, read.packets.packets], [1, 2]);
  });
});

describe("formats", () => {
  test("times are exact to what the format holds", () => {
    for (const form of [pcap, pcapng]) {
      const [request] = readCapture(writeCapture(form, packets)).decoded;
      assert.equal(request?.timeMs, 1_700_000_000_001.5);
    }
  });

  test("a time offset is added", () => {
    // The interface's block with if_tsoffset of 3600 s, in place of the one without.
    const described = Buffer.from(blocks.subarray(28, 44));
    described.writeUInt32LE(32, 4);
    const option = Buffer.alloc(16);
    option.writeUInt16LE(14, 0);
    option.writeUInt16LE(8, 2);
    option.writeBigInt64LE(3600n, 4);
    option.writeUInt32LE(32, 12);
    const file = Buffer.concat([blocks.subarray(0, 28), described, option, blocks.subarray(48)]);
    const { decoded, error } = readCapture(file);
    assert.equal(error, undefined);
    assert.equal(decoded[0]?.timeMs, 1_700_000_000_001.5 + 3_600_000);
  });

  test("sections may follow each other, each in its own byte order", () => {
    const other = writeCapture(
      { ...pcapng, isLittle: false, unitsPerSecond: 1_000_000_000n, resolution: 9 },
      [
        {
          timeNs: start,
          bytes: packetBytes("ethernet", { ...client, sourcePort: 4001, seq: 7 }),
        },
        {
          timeNs: start,
          bytes: packetBytes("ethernet", {
            ...{ ...client, sourcePort: 4001, seq: 8, ack: 1, flags: 24, payload: GET },
          }),
        },
      ],
    );
    const { decoded, error } = readCapture(Buffer.concat([blocks, other]), 5);
    assert.equal(error, undefined);
    assert.deepEqual(
      decoded.map(({ path, connection }) => [path, connection]),
      [
        ["/a", 1],
        ["/a", 2],
      ],
    );
  });

  test("packets of interfaces whose link layer is not read are counted", () => {
    const { packets: ledger, error } = readCapture(
      writeCapture({ ...pcapng, linkType: 105 }, packets),
    );
    assert.equal(error, undefined);
    assert.equal(ledger.refused.link_type, 2);
  });

  test("blocks that say nothing about packets are counted", () => {
    const { blocksSkipped, decoded } = readCapture(
      writeCapture({ ...pcapng, hasStrangers: true }, packets),
      3,
    );
    assert.deepEqual([blocksSkipped, decoded.length], [6, 1]);
  });
});

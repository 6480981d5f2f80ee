/** Records of a ring, of any bytes and any length, read by the reader and by the decoder behind it. */
import assert from "node:assert/strict";
import { ST_SEGMENT } from "../../src/capture/layout.gen.ts";
import { createRecordDecoder } from "../../src/capture/segment-reader.ts";
import { watchDecode } from "./decode-watch.ts";
import { generate } from "./http1-input.ts";
import { fuzz, noise, pick, type Random } from "./target.ts";

/** An input is records one after the other: two bytes say how long each is. */
const LENGTH_BYTES = 2;
const RING_BYTES = 1 << 16;
const TEXTS = [
  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
];

function record(random: Random): Buffer {
  const payload = Buffer.from(
    random(3) === 0 ? generate(random) : pick(random, TEXTS),
    "latin1",
  ).subarray(0, 2_000);
  const bytes = Buffer.concat([Buffer.alloc(ST_SEGMENT.sizeof), payload]);
  bytes.writeUInt32LE(1 + random(3), ST_SEGMENT.flow_hash);
  bytes.writeUInt32LE(random(3) === 0 ? random(2 ** 32) : random(4_000), ST_SEGMENT.seq);
  bytes.writeUInt32LE(random(3) === 0 ? random(2 ** 32) : random(4_000), ST_SEGMENT.ack);
  bytes.writeUInt32LE(payload.length, ST_SEGMENT.payload_bytes);
  bytes.writeUInt32LE(payload.length, ST_SEGMENT.length);
  bytes.writeUInt16LE(
    pick(random, [0x10, 0x18, 0x02, 0x11, 0x14, random(256)]),
    ST_SEGMENT.tcp_flags,
  );
  bytes[ST_SEGMENT.direction] = random(5) === 0 ? random(256) : random(2);
  bytes[ST_SEGMENT.flags] = random(2) === 0 ? 0 : random(256);
  bytes.writeUInt32LE(random(4) === 0 ? random(2 ** 32) : 0, ST_SEGMENT.skipped_bytes);
  return random(20) === 0 ? noise(random, 200) : bytes;
}

fuzz({
  name: "ring-records",
  generate(random) {
    const parts = Array.from({ length: 1 + random(12) }, () => {
      const bytes = record(random);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt16LE(random(20) === 0 ? random(bytes.length + 300) : bytes.length);
      return Buffer.concat([length, bytes]);
    });
    return Buffer.concat(parts);
  },
  run(input) {
    const ring = new Uint8Array(RING_BYTES);
    const watched = watchDecode();
    let end = 0;
    const decode = createRecordDecoder(
      { bytes: ring, words: new Uint32Array(ring.buffer) },
      (segment) => {
        assert.ok(segment.start <= segment.end && segment.end <= end, "beyond its record");
        watched.decode.push(segment);
      },
    );
    const view = Buffer.from(input);
    for (let at = 0; at + LENGTH_BYTES <= view.length; ) {
      const bytes = view.subarray(at + LENGTH_BYTES).subarray(0, view.readUInt16LE(at));
      ring.set(bytes, 8);
      end = 8 + bytes.length;
      decode(8, bytes.length);
      // The kernel writes over what was read.
      ring.fill(0xaa, 8, end);
      at += LENGTH_BYTES + bytes.length;
    }
    watched.end();
  },
});

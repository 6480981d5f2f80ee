import assert from "node:assert/strict";
import { test } from "node:test";
import { ST_SEGMENT } from "../../src/capture/layout.gen.ts";
import { createRecordDecoder } from "../../src/capture/segment-reader.ts";
import { Segment } from "../../src/model/segment.ts";

/** A record as the kernel writes it, at byte 8 of a ring. */
function record(fields: Partial<Record<keyof typeof ST_SEGMENT, number>>, payload: string) {
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer, 8);
  const put = (name: keyof typeof ST_SEGMENT, write: (at: number, value: number) => void) =>
    write(ST_SEGMENT[name], fields[name] ?? 0);
  for (const name of [
    "seq",
    "ack",
    "payload_bytes",
    "offset",
    "skipped_bytes",
    "lost_starts",
  ] as const)
    put(name, (at, value) => view.setUint32(at, value, true));
  put("tcp_flags", (at, value) => view.setUint16(at, value, true));
  put("direction", (at, value) => view.setUint8(at, value));
  put("flags", (at, value) => view.setUint8(at, value));
  put("time_ns", (at, value) => view.setBigUint64(at, BigInt(value), true));
  view.setBigUint64(ST_SEGMENT.flow_hash, 0xffff_ffff_ffff_fffen, true);
  view.setUint32(ST_SEGMENT.length, payload.length, true);
  bytes.set(Buffer.from(payload), 8 + ST_SEGMENT.sizeof);
  return { bytes, words: new Uint32Array(bytes.buffer) };
}

function decode(ring: ReturnType<typeof record>): Segment {
  const segments: Segment[] = [];
  createRecordDecoder(ring, (segment) => segments.push(Object.assign(new Segment(), segment)))(
    8,
    1016,
  );
  const [segment] = segments;
  assert.ok(segment);
  return segment;
}

test("every field of a record is where the layout says", () => {
  const segment = decode(
    record(
      {
        seq: 4_000_000_000,
        offset: 500_000_000,
        ack: 7,
        payload_bytes: 9,
        skipped_bytes: 11,
        lost_starts: 3,
        tcp_flags: 0x18,
        direction: 1,
        flags: 0x05,
        time_ns: 2 ** 52 + 1,
      },
      "hello",
    ),
  );
  assert.equal(Buffer.from(segment.bytes.subarray(segment.start, segment.end)).toString(), "hello");
  assert.equal(segment.seq, 4_500_000_000 - 2 ** 32, "sequence numbers wrap");
  assert.equal(segment.flowKey, 2 ** 53 - 2);
  const { ack, payloadBytes, skippedBytes, lostStarts, tcpFlags, toServer, flags, timeNs } =
    segment;
  assert.deepEqual(
    { ack, payloadBytes, skippedBytes, lostStarts, tcpFlags, toServer, flags, timeNs },
    {
      ack: 7,
      payloadBytes: 9,
      skippedBytes: 11,
      lostStarts: 3,
      tcpFlags: 0x18,
      toServer: false,
      flags: 5,
      timeNs: 2 ** 52 + 1,
    },
  );
});

test("a SYN takes a sequence number before the first byte", () => {
  assert.equal(decode(record({ seq: 0xffffffff, tcp_flags: 0x02 }, "")).seq, 0);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PassedReason, RefusedReason } from "../../../src/model/packet-ledger.ts";
import { writeCapture } from "./capture-writer.ts";
import {
  ipv4,
  ipv6,
  LINKS,
  type Link,
  packetBytes,
  type TcpPacket,
  uint16,
  wrap,
} from "./packet-writer.ts";
import { type ReadCapture, readCapture } from "./read-capture.ts";

const GET = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const POST = "POST /b HTTP/1.1\r\nContent-Length: 10\r\n\r\n0123456789";
const SYN = 2;
const ACK = 16;
const FIN = 1;

function packet(toServer: boolean, seq: number, ack: number, text = "", flags = ACK): TcpPacket {
  return {
    isV6: false,
    ...(toServer ? { source: 1, destination: 2 } : { source: 2, destination: 1 }),
    sourcePort: toServer ? 4000 : 8080,
    destinationPort: toServer ? 8080 : 4000,
    ...{ seq, ack, flags, payload: Buffer.from(text) },
  };
}

/** Reads packets that come a millisecond after each other. */
function read(
  bytes: readonly Uint8Array[],
  link: Link = "ethernet",
  snapBytes?: number,
): ReadCapture {
  const packets = bytes.map((one, index) => ({ timeNs: BigInt(index) * 1_000_000n, bytes: one }));
  const form = {
    format: "pcap",
    isLittle: true,
    linkType: LINKS[link],
    unitsPerSecond: 1_000_000n,
  } as const;
  return readCapture(
    writeCapture(snapBytes === undefined ? form : { ...form, snapBytes }, packets),
  );
}

function readTcp(packets: readonly TcpPacket[], snapBytes?: number): ReadCapture {
  return read(
    packets.map((one) => packetBytes("ethernet", one)),
    "ethernet",
    snapBytes,
  );
}

const syn = packet(true, 100, 0, "", SYN);
const paths = ({ decoded }: ReadCapture) => decoded.map(({ path }) => path);

describe("packets that hold nothing, or cannot be read, are counted", () => {
  const whole = ipv4(packet(true, 101, 1, GET));
  const changed = (at: number, ...values: number[]) => {
    const copy = Buffer.from(whole);
    copy.set(values, at);
    return wrap("ethernet", copy);
  };
  const tags = Buffer.concat(Array.from({ length: 9 }, () => uint16(0x8100, 1)));
  const cases: readonly (readonly [PassedReason | RefusedReason, Uint8Array, Link?])[] = [
    ["not_ip", Buffer.concat([Buffer.alloc(12), uint16(0x0806), Buffer.alloc(46)])],
    ["not_ip", Buffer.concat([Buffer.from([9, 9, 9, 9]), whole]), "null"],
    ["not_tcp", changed(9, 17)],
    ["not_tcp", wrap("ethernet", ipv6({ ...syn, extensions: [17] }))],
    ["other_port", packetBytes("ethernet", { ...syn, destinationPort: 8081 })],
    ["no_data", packetBytes("ethernet", packet(true, 101, 1))],
    ["answer_body", packetBytes("ethernet", packet(false, 1, 101, "more of it"))],
    ["link_header", Buffer.alloc(10)],
    ["link_header", Buffer.concat([Buffer.alloc(12), tags, uint16(0x0800), whole])],
    ["ip_header", wrap("raw", whole.subarray(0, 19)), "raw"],
    ["ip_header", changed(0, 0x44)],
    ["ip_header", changed(0, 0x75)],
    ["ip_header", changed(2, 0, 10)],
    ["ip_header", wrap("ethernet", ipv6({ ...syn, extensions: new Array<number>(17).fill(60) }))],
    ["tcp_header", changed(32, 0x40)],
    ["tcp_header", changed(32, 0xf0, 2)],
    ["tcp_header", changed(2, 0, 30)],
    ["fragment", packetBytes("ethernet", { ...syn, fragment: 0x2000 })],
    ["fragment", packetBytes("ethernet", { ...syn, fragment: 5 })],
  ];
  for (const [reason, bytes, link] of cases)
    test(`${reason}: ${Buffer.from(bytes).toString("hex").slice(0, 80)}`, () => {
      const { packets, decoded } = read([bytes], link);
      const counts = { ...packets.passed_over, ...packets.refused };
      assert.equal(counts[reason], 1, JSON.stringify(counts));
      assert.deepEqual([packets.handed_on, decoded.length], [0, 0]);
    });

  test("an atomic fragment of IPv6 is whole", () => {
    const packets = [syn, packet(true, 101, 1, GET)].map((one) =>
      wrap("raw", ipv6({ ...one, extensions: [44] })),
    );
    assert.deepEqual(paths(read(packets, "raw")), ["/a"]);
  });
});

describe("captures that lack the end of packets", () => {
  test("what is missing is a hole, and the connection is found again behind it", () => {
    const body = "x".repeat(300);
    const long = `POST /long HTTP/1.1\r\nContent-Length: 300\r\n\r\n${body}`;
    const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let [client, server] = [101, 1];
    const sequence: TcpPacket[] = [syn];
    for (const request of [GET, long, GET, GET, GET]) {
      sequence.push(packet(true, client, server, request));
      client += request.length;
      sequence.push(packet(false, server, client, ok));
      server += ok.length;
    }
    const result = readTcp(sequence, 120);
    assert.deepEqual(paths(result), ["/a", "/a", "/a", "/a"]);
    assert.equal(result.packets.cut.packets, 1);
    assert.equal(result.packets.cut.bytes, 54 + long.length - 120);
    assert.equal(result.requests.lost.gap, 1);
  });

  test("the end of the connection is where it was", () => {
    const result = readTcp(
      [
        syn,
        packet(true, 101, 1, POST, ACK | FIN),
        packet(false, 1, 102 + POST.length, "", ACK | FIN),
      ],
      70,
    );
    assert.deepEqual(paths(result), []);
    assert.equal(result.requests.lost.gap, 1);
    assert.equal(result.requests.lost.left_mid_stream, 0);
  });

  test("headers that are cut are counted", () => {
    for (const [snapBytes, reason] of [
      [10, "header_cut"],
      [30, "header_cut"],
      [40, "header_cut"],
    ] as const)
      assert.equal(readTcp([packet(true, 101, 1, GET)], snapBytes).packets.refused[reason], 1);
  });
});

describe("connections that were open before", () => {
  const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

  test("are joined at a request that the answer before it and its own confirm", () => {
    const result = readTcp([
      packet(true, 101, 1, POST.slice(20)),
      packet(false, 1, 101 + POST.length - 20, ok),
      packet(true, 81 + POST.length, 1 + ok.length, GET),
      packet(false, 1 + ok.length, 81 + POST.length + GET.length, ok),
    ]);
    assert.deepEqual(paths(result), ["/a"]);
    assert.equal(result.requests.lost.joined_mid_stream, 1);
  });

  test("what looks like a request in a body is none", () => {
    const result = readTcp([packet(true, 101, 1, GET), packet(true, 101 + GET.length, 1, GET)]);
    assert.deepEqual(paths(result), []);
  });

  test("an interim answer is no boundary", () => {
    const interim = "HTTP/1.1 100 Continue\r\n\r\n";
    // The head of the request that awaits it was sent before the answer to another: here begins its body.
    const read = 1 + ok.length + interim.length;
    const result = readTcp([
      packet(false, 1, 101, ok),
      packet(false, 1 + ok.length, 101, interim),
      packet(true, 101, read, GET),
      packet(false, read, 101 + GET.length, ok),
    ]);
    assert.deepEqual(paths(result), []);
  });
});

import { createHash } from "node:crypto";
import type { WrittenPacket } from "./capture-writer.ts";
import { type Link, packetBytes, type TcpPacket } from "./packet-writer.ts";

/** One request as it was sent, and as it must be found. */
export interface SentRequest {
  readonly method: string;
  readonly target: string;
  /** Undefined for a request without a body. */
  readonly body: Buffer | undefined;
  readonly isChunked: boolean;
}

export type Random = (below: number) => number;

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;
const START_NS = 1_767_225_600_123_456_789n;
export const SERVER_PORT = 8080;

/** SHA-256 of a request's body in hexadecimal. */
export function digest(body: Buffer | undefined): string | null {
  return body === undefined ? null : createHash("sha256").update(body).digest("hex");
}

function randomBytes(random: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random(256)));
}

/** `largest`: of a body. */
export function randomRequest(random: Random, largest: number): SentRequest {
  const target = `/p${random(1000)}${random(2) === 0 ? "" : `?secret=${random(1000)}`}`;
  if (random(3) === 0) return { method: "GET", target, body: undefined, isChunked: false };
  // A body may look like a request.
  const spoof =
    random(4) === 0 ? Buffer.from("GET /spoof HTTP/1.1\r\nHost: a\r\n\r\n") : Buffer.alloc(0);
  const body = Buffer.concat([spoof, randomBytes(random, 1 + random(largest))]);
  return { method: "POST", target, body, isChunked: random(2) === 0 };
}

function requestBytes({ method, target, body, isChunked }: SentRequest, random: Random): Buffer {
  const head = `${method} ${target} HTTP/1.1\r\nHost: live\r\nX-Secret: secret\r\n`;
  if (body === undefined) return Buffer.from(`${head}\r\n`);
  if (!isChunked)
    return Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body]);
  const parts: Buffer[] = [Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`)];
  for (let at = 0; at < body.length; ) {
    const chunk = body.subarray(at, at + 1 + random(body.length));
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n"));
    at += chunk.length;
  }
  return Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]);
}

/** How unruly the network is. */
export interface Unruliness {
  /** Segments change places; or are sent again as well, cut otherwise. */
  readonly disorder: "none" | "moved" | "overlapping";
  /** Segments hold at most so many bytes. */
  readonly maxSegmentBytes: number;
  readonly hasOptions: boolean;
}

/** The client's bytes from `start` on as segments: cut at random, some sent again with other cuts, some out of order. */
function cutAndDisorder(
  content: Buffer,
  random: Random,
  { maxSegmentBytes, disorder }: Unruliness,
): { at: number; bytes: Buffer }[] {
  const pieces: { at: number; bytes: Buffer }[] = [];
  for (let at = 0; at < content.length; ) {
    const bytes = content.subarray(at, at + 1 + random(maxSegmentBytes));
    pieces.push({ at, bytes });
    at += bytes.length;
  }
  if (disorder === "none") return pieces;
  for (let again = disorder === "moved" ? 0 : random(4); again > 0; again--) {
    const at = random(content.length);
    const bytes = content.subarray(at, at + 1 + random(maxSegmentBytes));
    pieces.splice(random(pieces.length + 1), 0, { at, bytes });
  }
  for (let swaps = random(pieces.length + 1); swaps > 0; swaps--) {
    const from = random(pieces.length);
    const [moved] = pieces.splice(from, 1);
    if (moved !== undefined) pieces.splice(Math.max(0, from - random(4)), 0, moved);
  }
  return pieces;
}

/** One connection's packets, from its SYN to its end. */
function connectionPackets(
  id: number,
  requests: readonly SentRequest[],
  random: Random,
  how: Unruliness,
): TcpPacket[] {
  const packets: TcpPacket[] = [];
  const isV6 = random(2) === 0;
  const ends = { client: random(250) + 1, server: 251, clientPort: 20_000 + id };
  let clientNext = (random(2) === 0 ? 0xffffff00 : random(2 ** 30)) + random(300);
  let serverNext = random(2 ** 31);

  const send = (toServer: boolean, flags: number, payload: Buffer, seq: number, ack: number) => {
    const options = how.hasOptions
      ? {
          ipOptionBytes: 4 * random(3),
          tcpOptionBytes: 4 * random(4),
          extensions: [[], [0], [60, 51], [0, 43, 44, 60]][random(4)] ?? [],
        }
      : {};
    packets.push({
      isV6,
      source: toServer ? ends.client : ends.server,
      destination: toServer ? ends.server : ends.client,
      sourcePort: toServer ? ends.clientPort : SERVER_PORT,
      destinationPort: toServer ? SERVER_PORT : ends.clientPort,
      seq: seq >>> 0,
      ack: ack >>> 0,
      flags,
      payload,
      ...options,
    });
  };
  const none = Buffer.alloc(0);
  const answer = () => {
    const body = "x".repeat(random(400));
    const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + 20 + random(1000));
      send(false, ACK, piece, serverNext, clientNext);
      serverNext += piece.length;
      at += piece.length;
    }
    send(true, ACK, none, clientNext, serverNext);
  };

  send(true, SYN, none, clientNext++, 0);
  send(false, SYN | ACK, none, serverNext++, clientNext);
  send(true, ACK, none, clientNext, serverNext);
  let unanswered = 0;
  for (const request of requests) {
    const content = requestBytes(request, random);
    for (const { at, bytes } of cutAndDisorder(content, random, how))
      send(true, ACK | 8, bytes, clientNext + at, serverNext);
    clientNext += content.length;
    unanswered++;
    if (random(4) === 0) continue;
    for (; unanswered > 0; unanswered--) answer();
  }
  for (; unanswered > 0; unanswered--) answer();
  if (random(4) === 0) send(true, RST | ACK, none, clientNext, serverNext);
  else {
    send(true, FIN | ACK, none, clientNext++, serverNext);
    send(false, FIN | ACK, none, serverNext++, clientNext);
    send(true, ACK, none, clientNext, serverNext);
  }
  return packets;
}

/** Packets of several connections at once, which begin in their order. */
export function generateTraffic(
  connections: readonly (readonly SentRequest[])[],
  link: Link,
  random: Random,
  how: Unruliness,
): WrittenPacket[] {
  const queues = connections.map((requests, id) => connectionPackets(id, requests, random, how));
  const written: WrittenPacket[] = [];
  const write = (packet: TcpPacket | undefined) => {
    if (packet === undefined) return;
    const timeNs = START_NS + BigInt(written.length) * 1_000_000n;
    written.push({ timeNs, bytes: packetBytes(link, packet) });
  };
  for (const queue of queues) write(queue.shift());
  for (let live = queues; live.length > 0; live = live.filter(({ length }) => length > 0))
    write(live[random(live.length)]?.shift());
  return written;
}

import assert from "node:assert/strict";
import { createHttp1Decode, type DecodeOptions } from "../../src/decode/decode.ts";
import type { LiveConnection } from "../../src/model/connection.ts";
import { createCaptureLedger } from "../../src/model/ledger.ts";
import { FIELD_STRIDE, type RequestSink, type RequestView } from "../../src/model/request.ts";
import { Segment, SegmentFlag, TcpFlag } from "../../src/model/segment.ts";

/** How a client segment differs from what a well-behaved client and kernel would do next. */
export interface Deviation {
  /** Offset from the next byte due: negative for a retransmission, positive for bytes ahead of a hole. */
  readonly ahead?: number;
  /** What the sender had read, as an offset from everything the other side sent. */
  readonly behind?: number;
  readonly fin?: boolean;
  readonly flags?: number;
  readonly skippedBytes?: number;
  readonly lostStarts?: number;
  /** Drawn by the kernel for the request that the segment begins with. */
  readonly sample?: number;
  /** The connection's rules: generation, low and high word. */
  readonly rules?: readonly [generation: number, low: number, high: number];
}

/** Latin-1, so that one character is one byte. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

export function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString("latin1");
}

function describe(request: RequestView): string {
  const { bytes, targetStart, targetEnd, headEnd, bodyEnd } = request;
  const body = text(bytes, headEnd, bodyEnd);
  const shown = body.length > 60 ? `${body.length} bytes` : JSON.stringify(body);
  const sample = request.sample < 0 ? "" : ` sample ${request.sample}`;
  return `${request.method} ${text(bytes, targetStart, targetEnd)}${body === "" ? "" : ` ${shown}`}${sample}`;
}

export function fieldsOf({ bytes, fields, fieldCount }: RequestView): [string, string][] {
  return Array.from({ length: fieldCount }, (_, i) => {
    const [a = 0, b = 0, c = 0, d = 0] = fields.subarray(i * FIELD_STRIDE);
    return [text(bytes, a, b), text(bytes, c, d)];
  });
}

/**
 * A transcript of one connection, played to the decoder: what the client and server send, in capture order, and what must
 * come of it. Flags that the kernel sets are set as it does; every segment's memory is overwritten once it was pushed.
 */
export function playbook(
  options: DecodeOptions & { firstSeq?: number; firstServerSeq?: number } = {},
) {
  const ledger = createCaptureLedger();
  const events: string[] = [];
  let newest: LiveConnection | undefined;
  const sink: RequestSink = {
    request: (connection, request) => {
      newest = connection;
      events.push(`request ${describe(request)}`);
      return { name: describe(request).split(" ").slice(0, 2).join(" ") };
    },
    stream: (_, request) => {
      const name = describe(request);
      events.push(`stream ${name}`);
      let bytes = 0;
      return {
        token: { name },
        receiver: {
          data: (_bytes, start, end) => {
            bytes += end - start;
          },
          end: () => events.push(`end ${bytes}`),
          cut: (reason) => events.push(`cut ${reason} ${bytes}`),
        },
      };
    },
    response: (token, status) =>
      events.push(`response ${status} ${(token as { name: string }).name}`),
    closed: () => events.push("closed"),
  };
  const decode = createHttp1Decode(options, sink, ledger, (kind, server) =>
    events.push(`notice ${kind} ${server}`),
  );

  const segment = new Segment();
  let clientNext = options.firstSeq ?? 1000;
  let serverNext = options.firstServerSeq ?? 5000;
  let timeNs = 1e9;
  let boundary = -1;
  let past = 0;
  let pastStarts = 0;
  /** Where the requests began that were left out since the client's last record. */
  let leftOutAt: number | undefined;
  segment.flowKey = 7;
  new Uint8Array(segment.words.buffer).set([10, 0, 0, 1], 20);
  new Uint8Array(segment.words.buffer).set([10, 0, 0, 2], 36);
  for (const at of [18, 19, 34, 35]) new Uint8Array(segment.words.buffer)[at] = 0xff;
  new Uint16Array(segment.words.buffer).set([40000, 80], 20);

  function heedRules({ rules }: Deviation): void {
    if (rules !== undefined) [segment.generation, segment.rulesLow, segment.rulesHigh] = rules;
  }

  function push(toServer: boolean, seq: number, ack: number, content: string, tcpFlags: number) {
    timeNs += 1e6;
    const bytes = latin1(`#${content}#`);
    segment.timeNs = timeNs;
    segment.toServer = toServer;
    segment.bytes = bytes;
    segment.start = 1;
    segment.end = 1 + (toServer ? content.length : Math.min(content.length, 160));
    segment.payloadBytes = content.length;
    segment.seq = seq >>> 0;
    segment.ack = ack >>> 0;
    segment.tcpFlags = tcpFlags;
    segment.flags |= past;
    segment.lostStarts += pastStarts;
    if (toServer && leftOutAt !== undefined) {
      if ((segment.flags & SegmentFlag.fromStart) === 0)
        segment.flags |= SegmentFlag.selectedBefore;
      leftOutAt = undefined;
    }
    past = 0;
    pastStarts = 0;
    decode.push(segment);
    segment.flags = 0;
    segment.skippedBytes = 0;
    segment.lostStarts = 0;
    bytes.fill(0xaa);
  }

  const play = {
    ledger,
    decode,
    segment,
    syn: () => {
      push(true, clientNext, 0, "", TcpFlag.syn);
      return play;
    },
    synAck: () => {
      push(false, serverNext, clientNext, "", TcpFlag.syn | TcpFlag.ack);
      return play;
    },
    /** A client segment; without deviation the next bytes, after reading everything the server sent. */
    client: (content: string, how: Deviation = {}) => {
      const seq = clientNext + (how.ahead ?? 0);
      if (how.ahead === undefined) clientNext += content.length + (how.fin ? 1 : 0);
      segment.flags = (how.flags ?? 0) | (seq === boundary ? SegmentFlag.atBoundary : 0);
      segment.skippedBytes = how.skippedBytes ?? 0;
      segment.lostStarts = how.lostStarts ?? 0;
      segment.sample = how.sample ?? 0;
      if (how.sample !== undefined) segment.flags |= SegmentFlag.sampled;
      heedRules(how);
      push(
        true,
        seq,
        serverNext - (how.behind ?? 0),
        content,
        TcpFlag.ack | (how.fin ? TcpFlag.fin : 0),
      );
      return play;
    },
    /** Client bytes that were sent and not captured; `flags` is what the next record says of them. */
    lose: (bytes: number, flags = 0, lostStarts = 0) => {
      clientNext += bytes;
      past |= flags;
      pastStarts += lostStarts;
      return play;
    },
    /** Whole requests that the rules left out, and the answers to them: neither is told. */
    leaveOut: (requests: { length: number }, answers: { length: number } = "") => {
      leftOutAt ??= clientNext;
      clientNext += requests.length;
      serverNext += answers.length;
      if (answers.length > 0) boundary = clientNext;
      return play;
    },
    /** Bytes sent ahead with `{ ahead }` count as sent. */
    skipTo: (bytes: number) => {
      clientNext += bytes;
      return play;
    },
    /** A server segment; captured only if the kernel would. */
    server: (content: string, how: Deviation = {}) => {
      const seq = serverNext + (how.ahead ?? 0);
      const read = clientNext - (how.behind ?? 0);
      const ack = leftOutAt ?? read;
      if (how.ahead === undefined) serverNext += content.length + (how.fin ? 1 : 0);
      const isStart = content.startsWith("HTTP/1.");
      if (isStart) boundary = content[9] === "1" ? -1 : read;
      segment.flags = how.flags ?? 0;
      segment.lostStarts = how.lostStarts ?? 0;
      heedRules(how);
      if (isStart || how.fin)
        push(false, seq, ack, content, TcpFlag.ack | (how.fin ? TcpFlag.fin : 0));
      return play;
    },
    reset: (fromClient = true) => {
      if (fromClient) push(true, clientNext, serverNext, "", TcpFlag.rst | TcpFlag.ack);
      else push(false, serverNext, leftOutAt ?? clientNext, "", TcpFlag.rst | TcpFlag.ack);
      return play;
    },
    /** A new connection on the same tuple. */
    again: (seq: number) => {
      clientNext = seq;
      leftOutAt = undefined;
      boundary = -1;
      return play;
    },
    sweep: (seconds: number) => {
      timeNs += seconds * 1e9;
      decode.sweep(timeNs);
      return play;
    },
    end: () => {
      decode.end();
      return play;
    },
    /** The connection of the last whole request. */
    connection: () => newest,
    /** What came of everything since it was last asked for. */
    take: () => events.splice(0),
    /** The same, and what it must be. */
    expect: (...expected: string[]) => {
      assert.deepEqual(events.splice(0), expected);
      return play;
    },
    /** Every count that is not 0, as `reason` or `group.reason`. */
    counts: (expected: Record<string, number>) => {
      assert.deepEqual(countsOf(ledger), expected);
      return play;
    },
  };
  return play;
}

/** The counts of a ledger that are not 0, by dotted name. */
function countsOf(counts: object, prefix = ""): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [name, value] of Object.entries(counts)) {
    if (typeof value === "object") Object.assign(found, countsOf(value as object, `${name}.`));
    else if (value !== 0) found[prefix + name] = value as number;
  }
  return found;
}

/** A request without a body. */
export function get(target: string, ...fields: string[]): string {
  return `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
}

/** A request with a body of known length. */
export function post(target: string, body: string, ...fields: string[]): string {
  const all = ["Host: a", ...fields, `Content-Length: ${body.length}`];
  return `POST ${target} HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n${body}`;
}

/** A request with a chunked body; `body` is as on the wire. */
export function chunked(target: string, body: string, ...fields: string[]): string {
  const all = ["Host: a", ...fields, "Transfer-Encoding: chunked"];
  return `POST ${target} HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n${body}`;
}

/** An answer without a body. */
export function answer(status: number): string {
  return `HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`;
}

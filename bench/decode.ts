/**
 * What decode costs: small GETs on many kept connections through flow table, reassembly, decoder and live status, each
 * with the start of its answer. Prints medians of repeated passes over one ring-like buffer.
 *
 *     node bench/decode.ts
 */
import { createHttp1Decode } from "../src/decode/decode.ts";
import { createResponseReader } from "../src/decode/http1/response-reader.ts";
import { createCaptureLedger } from "../src/model/ledger.ts";
import { Segment, TcpFlag } from "../src/model/segment.ts";

const CONNECTIONS = 256;
const ROUNDS = 200;
const PASSES = 15;

const heads = {
  wrk: "GET /orders/17 HTTP/1.1\r\nHost: 10.0.0.1:8080\r\n\r\n",
  browser: [
    "GET /orders/17?page=2&sort=desc HTTP/1.1",
    "Host: shop.example.com",
    "Connection: keep-alive",
    'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24"',
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Sec-Fetch-Site: same-origin",
    "Referer: https://shop.example.com/orders",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark",
    "",
    "",
  ].join("\r\n"),
};
const answer =
  "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 09:00:00 GMT\r\nContent-Type: text/html\r\nContent-Length: 612\r\nConnection: keep-alive\r\n\r\n";

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function decodeNsPerRequest(head: string, withAnswers: boolean): number {
  let requests = 0;
  const token = {};
  const decode = createHttp1Decode(
    {},
    {
      request: () => {
        requests++;
        return token;
      },
      stream: () => ({ token: undefined, receiver: undefined }),
      response: () => {},
      closed: () => {},
    },
    createCaptureLedger(),
    () => {},
  );
  // One buffer for all bytes, as the ring is: every segment at another place of it.
  const requestBytes = Buffer.from(head);
  const answerBytes = Buffer.from(answer);
  const ring = new Uint8Array(CONNECTIONS * 1024);
  const words = new Uint32Array(CONNECTIONS * 12);
  const keys = new Float64Array(CONNECTIONS);
  for (let i = 0; i < CONNECTIONS; i++) {
    ring.set(requestBytes, i * 1024);
    ring.set(answerBytes, i * 1024 + 800);
    words[i * 12 + 10] = 40000 + i;
    keys[i] = ((i + 1) * 0x9e3779b97f4a7) % 2 ** 53;
  }
  const segment = new Segment();
  segment.words = words;
  segment.bytes = ring;
  let timeNs = 1;
  const fill = (i: number, toServer: boolean, seq: number, ack: number, length: number) => {
    segment.timeNs = timeNs += 1000;
    segment.flowKey = keys[i] ?? 0;
    segment.tupleAt = i * 12;
    segment.toServer = toServer;
    segment.start = i * 1024 + (toServer ? 0 : 800);
    segment.end = segment.start + length;
    segment.payloadBytes = length;
    segment.seq = seq;
    segment.ack = ack;
  };
  for (let i = 0; i < CONNECTIONS; i++) {
    segment.tcpFlags = TcpFlag.syn;
    fill(i, true, 1, 0, 0);
    decode.push(segment);
  }
  segment.tcpFlags = TcpFlag.ack;
  let clientSeq = 1;
  let serverSeq = 1;
  const samples: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    const before = performance.now();
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < CONNECTIONS; i++) {
        fill(i, true, clientSeq, serverSeq, head.length);
        decode.push(segment);
      }
      clientSeq = (clientSeq + head.length) >>> 0;
      if (!withAnswers) continue;
      for (let i = 0; i < CONNECTIONS; i++) {
        fill(i, false, serverSeq, clientSeq, answer.length);
        decode.push(segment);
      }
      serverSeq = (serverSeq + answer.length) >>> 0;
    }
    samples.push(((performance.now() - before) * 1e6) / (ROUNDS * CONNECTIONS));
  }
  if (requests !== PASSES * ROUNDS * CONNECTIONS) throw new Error(`${requests} requests`);
  return median(samples);
}

function responseNs(): number {
  let answers = 0;
  const reader = createResponseReader(() => {
    answers++;
  });
  const bytes = Uint8Array.from(Buffer.from(answer + "x".repeat(612)));
  const samples: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    const before = performance.now();
    for (let round = 0; round < 20000; round++) {
      reader.expect(false);
      reader.push(bytes, 0, bytes.length);
    }
    samples.push(((performance.now() - before) * 1e6) / 20000);
  }
  if (answers !== PASSES * 20000) throw new Error(`${answers} answers`);
  return median(samples);
}

for (const [name, head] of Object.entries(heads)) {
  const alone = decodeNsPerRequest(head, false);
  const both = decodeNsPerRequest(head, true);
  console.log(
    `${name.padEnd(8)} ${String(head.length).padStart(4)} bytes: request segment ${alone.toFixed(0)} ns, ` +
      `with its answer ${both.toFixed(0)} ns (${(both / 2).toFixed(0)} ns per segment)`,
  );
}
console.log(`response reader: ${responseNs().toFixed(0)} ns per answer`);

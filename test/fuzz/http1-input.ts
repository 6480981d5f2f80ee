/** Small seeded generator (mulberry32): the same seed gives the same inputs. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

type Random = (below: number) => number;

const METHODS = [
  "GET",
  "POST",
  "PUT",
  "HEAD",
  "DELETE",
  "OPTIONS",
  "PATCH",
  "M-SEARCH",
  "get",
  "X",
];
const TARGETS = [
  ...[
    "/",
    "/a?b=c",
    "*",
    "http://a/b",
    "http://a:80?x",
    "/a#b",
    "//",
    "/%20",
    "https://u@h/",
    "*x",
  ],
  ...["a", "http://", "/\x80", "/\t", "ftp://[::1]/", "http://a_b~c"],
];
const VERSIONS = ["1.1", "1.1", "1.1", "1.1", "1.1", "1.0", "2.0", "0.9", "1.2"];
const FIELDS = [
  ...[
    "Host: a",
    "A: b",
    "Accept: */*",
    "X:",
    "X:\t y \t",
    "Cookie: a=\xff",
    "User-Agent: HTTP/1.1",
  ],
  ...["Connection: keep-alive", "Connection: close", "Connection: x, Close", "Connection: x close"],
  ...["Connection: close,keep-alive", "Proxy-Connection: close", "Expect: 100-continue"],
  ...["Expect: x", "Content-Length: 0", "Content-Length: 3", "Content-Length: 03"],
  ...["Content-Length: +3", "Content-Length: 3, 3", "Content-Length:", "Content-Length : 3"],
  ...[
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: Chunked",
    "Transfer-Encoding: gzip, chunked",
  ],
  ...["Transfer-Encoding: chunked, gzip", "Transfer-Encoding: identity", "Transfer-Encoding:"],
  ...["Transfer-Encoding: xchunked", "Transfer-Encoding: chunked ", " A: b", "A : b", "A", ": b"],
  ...[
    "Connection: Upgrade\r\nUpgrade: x",
    "Upgrade: x",
    "A: b\r\n c",
    "A:\r\n c",
    "A\0: b",
    "A: \x7f",
  ],
];
const CHUNKS = [
  ...[
    "3\r\nabc\r\n",
    "3;a\r\nabc\r\n",
    '3;a="b\\"c";d=e\r\nabc\r\n',
    "03\r\nabc\r\n",
    "A\r\n0123456789\r\n",
  ],
  ...[
    "3 \r\nabc\r\n",
    "3;\r\nabc\r\n",
    "3;a=\r\nabc\r\n",
    "+3\r\nabc\r\n",
    "0x3\r\nabc\r\n",
    "3\nabc\n",
  ],
  ...["3; a\r\nabc\r\n", "\r\nabc\r\n", "4\r\nabc\r\n", "ffffffffffffffff\r\nabc\r\n", "3\r\nabc"],
];
const TRAILERS = [
  ...["", "", "", "A: b\r\n", "A:\r\nB: c\r\n", "Content-Length: 3\r\n", "Connection: close\r\n"],
  ...[" A: b\r\n", "A: b\r\n c\r\n", "Transfer-Encoding: chunked\r\n", "A b\r\n", "A: b\n"],
];
const BYTES = '\r\n\t \0:;,="\\/*0139afAFxHTP.%@#\x7f\x80\xff';

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T;
}

/** Mostly the first few, plain members; sometimes any. */
function pickPlain<T>(random: Random, from: readonly T[], plain: number): T {
  return random(24) === 0 ? pick(random, from) : pick(random, from.slice(0, plain));
}

function message(random: Random): string {
  const fields = Array.from({ length: random(4) }, () => pickPlain(random, FIELDS, 5));
  let body = "";
  switch (random(4)) {
    case 0: {
      body = "x".repeat(random(20));
      fields.push(`Content-Length: ${body.length}`);
      break;
    }
    case 1: {
      fields.push("Transfer-Encoding: chunked");
      for (let i = random(4); i > 0; i--) body += pickPlain(random, CHUNKS, 5);
      body += `${"0".repeat(1 + random(2))}\r\n${pickPlain(random, TRAILERS, 4)}\r\n`;
      break;
    }
    default:
  }
  const line = `${pickPlain(random, METHODS, 7)} ${pickPlain(random, TARGETS, 8)} HTTP/${pickPlain(random, VERSIONS, 6)}`;
  const head = [line, ...fields].map((text) => `${text}\r\n`).join("");
  return `${random(20) === 0 ? pick(random, ["\r\n", "\n", "\r"]) : ""}${head}\r\n${body}`;
}

function mutate(random: Random, input: string): string {
  const at = random(input.length + 1);
  const byte = BYTES[random(BYTES.length)] ?? "";
  switch (random(5)) {
    case 0:
      return input.slice(0, at) + byte + input.slice(at);
    case 1:
      return input.slice(0, at) + byte + input.slice(at + 1);
    case 2:
      return input.slice(0, at) + input.slice(at + 1 + random(4));
    case 3: {
      const from = random(input.length + 1);
      return input.slice(0, at) + input.slice(from, from + random(30)) + input.slice(at);
    }
    default:
      return input.slice(0, at) + String.fromCharCode(random(256)) + input.slice(at);
  }
}

/** Bytes of one connection, as latin-1: one to four requests, most of them valid, then up to three mutations. */
export function generate(random: Random): string {
  let input = "";
  for (let i = 1 + random(4); i > 0; i--) input += message(random);
  for (let i = random(2) * random(4); i > 0; i--) input = mutate(random, input);
  return input;
}

/**
 * Our request decoder against Node's own parser: generated, mutated bytes of one connection, cut at random. What Node accepts
 * we either understand alike or refuse for a reason in STRICTER; what Node refuses we never hand on, but for LOOSER.
 *
 *     SHADOWTAP_FUZZ_SECONDS=60 SHADOWTAP_FUZZ_SEED=1 node --test test/fuzz/http1-differential.test.ts
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import http from "node:http";
import { suite, test } from "node:test";
import { createHttp1Decode } from "../../src/decode/decode.ts";
import { createCaptureLedger, total } from "../../src/model/ledger.ts";
import { Segment, TcpFlag } from "../../src/model/segment.ts";
import { answer, fieldsOf, latin1, text } from "../playbook/playbook.ts";
import { FUZZ_SEED, fuzzInputs } from "./effort.ts";
import { createRandom, generate } from "./http1-input.ts";
import { createNodeOracle, type Understood, type Verdict } from "./http1-oracle.ts";

/** Refused by us only: see the table in src/decode/http1/request-head.ts and chunked-body.ts. */
const STRICTER: readonly RegExp[] = [
  / {2,}(\/|\*|[A-Za-z])/, // more than one space before the target
  /\*[^ ]+ HTTP/, // more than the asterisk
  / [A-Za-z]+:\/\/[^/? ]*@/, // user information
  / [A-Za-z]+:\/\/[^/? ]*[!$&'()*+,;=]/, // characters that no host has
  / [A-Za-z]+:\/\/([/?]| HTTP)/, // no host
  /HTTP\/(0\.9|2\.0)\r\n/,
  /[A-Za-z-]+ +[^ \r\n]+\r\n/, // no version at all
  /(^|[^\r])\n/, // bare LF before a request line
  /\r([^\n]|$)/, // bare CR before a request line
  /Transfer-Encoding:[ \t]*(?!chunked\r\n)/i,
  /HTTP\/1\.0[\s\S]*Transfer-Encoding:/i,
  /=\r\n/, // an empty chunk extension value
  /\r\n0+[^\n]*\r\n([^\n]*\n)*(Connection|Proxy-Connection|Keep-Alive|Upgrade):/i, // in a trailer
  /CONNECT /,
];
/** Understood by us only. */
const FOLD = /\r\n[ \t]/;

/** What our decoder makes of the bytes, cut at the places given. */
function decode(bytes: Uint8Array, cuts: readonly number[]): Verdict {
  const ledger = createCaptureLedger();
  const requests: Understood[] = [];
  const decoder = createHttp1Decode(
    {},
    {
      request: (_connection, request) => {
        const { targetStart, targetEnd, headEnd, bodyEnd } = request;
        const body = text(request.bytes, headEnd, bodyEnd);
        requests.push({
          method: request.method,
          target: text(request.bytes, targetStart, targetEnd),
          fields: fieldsOf(request),
          body: request.framing === "chunked" ? unchunk(body) : body,
        });
        return undefined;
      },
      // Only what announces more than there is: such a request has no end, and no parser reports it.
      stream: () => {
        const end = () => assert.fail("no input is that large");
        return { token: undefined, receiver: { data() {}, end, cut() {} } };
      },
      response: () => {},
      closed: () => {},
    },
    ledger,
    () => {},
  );
  const segment = new Segment();
  const push = (toServer: boolean, seq: number, ack: number, content: Uint8Array, flags: number) =>
    decoder.push(
      Object.assign(segment, {
        ...{ toServer, seq, ack, bytes: content, start: 0, end: content.length },
        ...{ tcpFlags: flags, payloadBytes: content.length },
      }),
    );
  push(true, 0, 0, new Uint8Array(0), TcpFlag.syn);
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    push(true, at, 0, bytes.slice(at, cut), TcpFlag.ack);
    at = cut;
  }
  // Answers that decline every upgrade.
  const declined = latin1(answer(200));
  for (let i = 0; i < 12; i++)
    push(false, i * declined.length, bytes.length, declined, TcpFlag.ack);
  const { incomplete: _, ...refused } = ledger.malformed;
  const reason = Object.entries(refused).find(([, count]) => count > 0)?.[0];
  return { requests, error: reason ?? (total(ledger.skipped) > 0 ? "not_http" : undefined) };
}

/** The data of a chunked body that is known to be well-formed. */
function unchunk(body: string): string {
  let data = "";
  for (let at = 0; ; ) {
    const size = Number.parseInt(body.slice(at), 16);
    if (size === 0) return data;
    at = body.indexOf("\r\n", at) + 2;
    data += body.slice(at, at + size);
    at += size + 2;
  }
}

/** Without a listener for upgrades Node reads nothing after such a request; we go on when it was declined. */
function asksToUpgrade({ fields }: Understood): boolean {
  return fields.some(([name]) => name.toLowerCase() === "upgrade");
}

/** Why the two verdicts must not both stand; undefined when they may. */
function disagreement(input: string, ours: Verdict, node: Verdict): string | undefined {
  for (const [i, request] of ours.requests.entries()) {
    const other = node.requests[i];
    if (FOLD.test(input) || !http.METHODS.includes(request.method)) return undefined;
    if (ours.requests.slice(0, i).some(asksToUpgrade)) return undefined;
    if (other === undefined) return `Node does not know request ${i}: ${node.error}`;
    try {
      assert.deepEqual(request, other);
    } catch (error) {
      return `request ${i}: ${(error as Error).message}`;
    }
  }
  if (ours.requests.length >= node.requests.length) return undefined;
  if (ours.error === undefined) return `we miss ${node.requests.length - ours.requests.length}`;
  return STRICTER.some((allowed) => allowed.test(input)) ? undefined : `we refuse: ${ours.error}`;
}

const node = createNodeOracle();

async function check(input: string, cuts: readonly number[]): Promise<Verdict> {
  const bytes = latin1(input);
  const ours = decode(bytes, cuts);
  const fault = disagreement(input, ours, await node(bytes));
  if (fault !== undefined) assert.fail(`${JSON.stringify(input)} cut at [${cuts}]: ${fault}`);
  return ours;
}

/** Corpus files hold bytes of one connection with `\r`, `\n`, `\t`, `\0`, `\xNN` and `\\` written out; line ends do not count. */
function bytesOf(source: string): string {
  return source.replaceAll("\n", "").replace(/\\(x..|.)/g, (_, code: string) => {
    const plain: Record<string, string> = { r: "\r", n: "\n", t: "\t", "0": "\0", "\\": "\\" };
    return plain[code] ?? String.fromCharCode(Number.parseInt(code.slice(1), 16));
  });
}

suite("the request decoder and Node's parser", () => {
  const corpus = new URL("corpus/http1/", import.meta.url);
  for (const name of readdirSync(corpus))
    test(`corpus ${name}`, async () => {
      const input = bytesOf(readFileSync(new URL(name, corpus), "utf8"));
      await check(input, []);
      await check(
        input,
        Array.from({ length: input.length }, (_, i) => i),
      );
    });

  test("generated", async (context) => {
    const random = createRandom(FUZZ_SEED);
    let inputs = 0;
    let requests = 0;
    let refused = 0;
    for (const number of fuzzInputs(4_000)) {
      inputs = number;
      const input = generate(random);
      const cuts = Array.from({ length: random(6) }, () => random(input.length + 1));
      try {
        const ours = await check(
          input,
          cuts.sort((a, b) => a - b),
        );
        requests += ours.requests.length;
        if (ours.error !== undefined) refused++;
      } catch (error) {
        throw new Error(`seed ${FUZZ_SEED}, input ${number}: ${(error as Error).message}`);
      }
    }
    context.diagnostic(
      `seed ${FUZZ_SEED}: ${inputs} inputs, ${requests} requests, ${refused} refused`,
    );
    assert.ok(requests > inputs / 4, `only ${requests} requests in ${inputs} inputs`);
  });
});

/** The kernel's choice and user space's together are the exact rule alone: any rules, any traffic, on real sockets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HeadCode, RequestHead } from "../../src/decode/http1/request-head.ts";
import { seen } from "../../src/model/ledger.ts";
import type { RequestView } from "../../src/model/request.ts";
import type { Match, Rule } from "../../src/model/rule.ts";
import { compileMatch } from "../../src/select/match/compile-match.ts";
import { fc } from "../fuzz/property.ts";
import { anyMatch, anyRequest, type GeneratedRequest } from "../select/kernel/traffic.ts";
import { HOOKS } from "./capture-harness.ts";
import { rule } from "./rules.ts";
import { type Script, startScriptedTraffic } from "./scripted-traffic.ts";
import { startSelectedCapture } from "./selected-capture.ts";

/** By this field a copy says which request it is one of. */
const NUMBER = "numbered";

interface Planned extends GeneratedRequest {
  /** The server answers when it has read the head. */
  readonly isEarly: boolean;
  /** The client waits for the answer before it goes on. */
  readonly isAwaited: boolean;
}

const spoof = "GET /a/b HTTP/1.1\r\nHost: a.example\r\nX-Id: 42\r\nCookie: a=1\r\n\r\n";
const bodyText = fc.oneof(
  fc.constantFrom(
    spoof,
    `${spoof}${spoof}`,
    `POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\n${spoof}`,
  ),
  fc.nat(5000).map((bytes) => "x".repeat(bytes)),
);

/** Bodies that are larger than those of the generator, and that look like requests. */
const framed = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ line: "", body: "" }) },
  {
    weight: 2,
    arbitrary: bodyText.map((body) => ({ line: `Content-Length: ${body.length}\r\n`, body })),
  },
  {
    weight: 1,
    arbitrary: fc.array(bodyText, { maxLength: 2 }).map((chunks) => ({
      line: "Transfer-Encoding: chunked\r\n",
      body: `${chunks
        .filter((chunk) => chunk !== "")
        .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
        .join("")}0\r\nX-Id: 42\r\n\r\n`,
    })),
  },
);

const headReader = new RequestHead();

function read({ head, body }: GeneratedRequest): RequestHead | undefined {
  const bytes = Buffer.from(head + body, "latin1");
  if (headReader.read(bytes, 0, bytes.length) !== HeadCode.complete) return undefined;
  headReader.bodyEnd = bytes.length;
  return headReader;
}

function isFramed(head: string): boolean {
  return /\r\n(content-length|transfer-encoding):/i.test(head);
}

/** Requests that others can follow on the same connection. */
const anyPlanned: fc.Arbitrary<Planned> = fc
  .record({
    generated: anyRequest,
    framing: framed,
    isEarly: fc.boolean(),
    isAwaited: fc.constantFrom(true, true, false),
  })
  .map(({ generated: { head, body }, framing, ...how }) =>
    isFramed(head)
      ? { head, body, ...how }
      : { head: `${head.slice(0, -2)}${framing.line}\r\n`, body: framing.body, ...how },
  )
  // Answered before it is read, a body that reads as a request is taken for one in the kernel: it is lost, and counted.
  .map((planned) => ({
    ...planned,
    isEarly: planned.isEarly && !planned.body.includes("HTTP/1.1"),
  }))
  .filter((planned) => {
    const request = read(planned);
    return request !== undefined && !request.isLast && !request.upgrades && !request.isShadow;
  });

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), {
  maxLength: 6,
});
const anyTalk = fc.record({
  requests: fc.array(anyPlanned, { minLength: 1, maxLength: 12 }),
  places,
});
type Talk = typeof anyTalk extends fc.Arbitrary<infer T> ? T : never;

/** Most of what the generator makes holds for nearly everything; these leave something out. */
const selective = fc.constantFrom<Match>(
  { kind: "header", name: "X-ID", test: { kind: "exact", value: "42" } },
  { kind: "header", name: "id", test: { kind: "prefix", value: "a" } },
  { kind: "path", test: { kind: "prefix", value: "/a" } },
  { kind: "method", value: "GET" },
  { kind: "host", test: { kind: "exact", value: "a.example" } },
  { kind: "cookie", name: "a", test: { kind: "exact", value: "1" } },
);
const anyRuleMatch = fc.oneof(
  selective,
  fc.tuple(selective, anyMatch).map((of): Match => ({ kind: "all", of })),
  anyMatch,
);

const anyPhase = fc.record({
  matching: fc.constantFrom("first" as const, "all" as const),
  matches: fc.array(anyRuleMatch, { minLength: 1, maxLength: 3 }),
  talks: fc.array(anyTalk, { minLength: 3, maxLength: 3 }),
});

/** The script of a talk; each request gets the next number. */
function scriptOf({ requests, places }: Talk, number: () => number): Script & { all: Planned[] } {
  const answersAt: number[] = [];
  const waitsAt: number[] = [];
  const cuts: number[] = [];
  const all: Planned[] = [];
  let text = "";
  for (const planned of requests) {
    const head = planned.head.replace("\r\n", `\r\n${NUMBER}: ${number()}\r\n`);
    all.push({ ...planned, head });
    const answerAt = text.length + head.length + (planned.isEarly ? 0 : planned.body.length);
    answersAt.push(answerAt);
    if (planned.isAwaited) waitsAt.push(answerAt);
    text += head + planned.body;
  }
  for (const place of places) cuts.push(1 + Math.floor(place * (text.length - 1)));
  return { text, answersAt, cuts, waitsAt, all };
}

function numberOf({ bytes, start, headEnd }: RequestView): number {
  const head = Buffer.from(bytes.subarray(start, headEnd)).toString("latin1");
  return Number(new RegExp(`\\r\\n${NUMBER}: (\\d+)\\r\\n`).exec(head)?.[1]);
}

function wantedBy(
  matching: "first" | "all",
  rules: readonly Rule[],
  requests: readonly Planned[],
): string[] {
  const tests = rules.map(({ name, match }) => ({ name, test: compileMatch(match) }));
  return requests.flatMap((planned) => {
    const request = read(planned);
    assert.ok(request);
    const names = tests.filter(({ test }) => test(request)).map(({ name }) => name);
    const kept = matching === "first" ? names.slice(0, 1) : names;
    return kept.map((name) => `${numberOf(request)} ${name}`);
  });
}

for (const hook of HOOKS)
  test(`${hook}: kernel and user space together choose what the rules say, exactly`, async () => {
    const traffic = await startScriptedTraffic();
    const offered: string[] = [];
    const tap = await startSelectedCapture(hook, traffic.port, (name, request) =>
      offered.push(`${numberOf(request)} ${name}`),
    );
    let generation = 2;
    let numbered = 0;
    let wantedInAll = 0;
    const next = () => ++numbered;
    try {
      // The port is captured from the first SYN on.
      await tap.use({ generation, matching: "first", rules: [rule(traffic.port)] });
      await fc.assert(
        fc.asyncProperty(fc.array(anyPhase, { minLength: 1, maxLength: 3 }), async (phases) => {
          offered.length = 0;
          const first = numbered;
          const startsBefore = tap.live.capture.counters.all().start_not_selected.records;
          const seenBefore = seen(tap.ledger);
          const wanted: string[] = [];
          const connections = await Promise.all([0, 1, 2].map(() => traffic.connect()));
          // The connections stay when the rules change.
          for (const { matching, matches, talks } of phases) {
            const rules = matches.map((match: Match, i: number) =>
              rule(traffic.port, { name: `r${i}`, match }),
            );
            generation++;
            await tap.use({ generation, matching, rules });
            const scripts = talks.map((talk) => scriptOf(talk, next));
            await Promise.all(connections.map((one, i) => one.play(scripts[i]!)));
            // As a run does, all the time: two generations are remembered, not three.
            tap.drain();
            for (const { all } of scripts) wanted.push(...wantedBy(matching, rules, all));
          }
          await Promise.all(connections.map((one) => one.end()));
          tap.drain();
          assert.deepEqual(offered.toSorted(), wanted.toSorted());
          const leftOut = tap.live.capture.counters.all().start_not_selected.records;
          assert.equal(leftOut - startsBefore + seen(tap.ledger) - seenBefore, numbered - first);
          wantedInAll += wanted.length;
        }),
        { seed: 2026, numRuns: 20, endOnFailure: true },
      );
      const { start_not_selected } = tap.live.capture.counters.all();
      assert.ok(wantedInAll > 50, `${wantedInAll} of ${numbered} requests were wanted`);
      assert.ok(start_not_selected.records > 50, `${start_not_selected.records} were left out`);
    } finally {
      tap[Symbol.dispose]();
      traffic[Symbol.dispose]();
    }
  });

test("a share by connection: all requests of a connection or none, by the number in its records", async () => {
  const traffic = await startScriptedTraffic();
  const requests = [1, 2, 3].map((i): Planned => {
    const body = "x".repeat(i);
    const head = `POST /${i} HTTP/1.1\r\nContent-Length: ${i}\r\n\r\n`;
    return { head, body, isEarly: false, isAwaited: i > 1 };
  });
  /** By what the connections are called in their requests: the number, and how many of its requests were offered. */
  const samples = new Map<number, number>();
  const offered = new Map<number, number>();
  const tap = await startSelectedCapture("cgroup", traffic.port, (name, request, { sample }) => {
    const connection = numberOf(request);
    if (name === "all") samples.set(connection, sample >>> 0);
    else offered.set(connection, (offered.get(connection) ?? 0) + 1);
  });
  const COUNT = 60;
  const SHARE = 0.3;
  try {
    const all = rule(traffic.port, { name: "all" });
    const some = rule(traffic.port, {
      name: "some",
      share: SHARE,
      sampleBy: { kind: "connection" },
    });
    await tap.use({ generation: 2, matching: "first", rules: [all] });
    const connections = await Promise.all(Array.from({ length: COUNT }, () => traffic.connect()));
    const playAll = () =>
      Promise.all(
        connections.map((one, i) => one.play(scriptOf({ requests, places: [0.4] }, () => i))),
      );
    await playAll();
    tap.drain();
    assert.equal(samples.size, COUNT);
    // The same connections, now by a share.
    await tap.use({ generation: 3, matching: "first", rules: [some] });
    await playAll();
    tap.drain();
    for (const [connection, sample] of samples)
      assert.equal(offered.get(connection) ?? 0, sample < SHARE * 2 ** 32 ? requests.length : 0);
    await Promise.all(connections.map((one) => one.end()));
    assert.ok(offered.size > 0 && offered.size < COUNT, `${offered.size} of ${COUNT}`);
  } finally {
    tap[Symbol.dispose]();
    traffic[Symbol.dispose]();
  }
});

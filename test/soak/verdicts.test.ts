import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { History } from "../../scripts/soaking/history.ts";
import { judge } from "../../scripts/soaking/verdicts.ts";
import { createCaptureLedger } from "../../src/model/ledger.ts";
import { aHistory, withCheckpoint } from "./a-history.ts";

function failed(history: History): Record<string, string> {
  const verdicts = judge(history).filter(({ outcome }) => outcome === "failed");
  return Object.fromEntries(verdicts.map(({ name, sentence }) => [name, sentence]));
}

const good = aHistory();
const processes = (files: number) => [{ name: "keeper", rssBytes: 1, files }];
const lost = createCaptureLedger();
lost.lost.gap = 3;

test("a soak in which all went well passes every check", () => {
  const verdicts = judge(good);
  assert.ok(
    verdicts.every(({ outcome }) => outcome === "passed"),
    JSON.stringify(verdicts),
  );
  assert.equal(new Set(verdicts.map(({ name }) => name)).size, verdicts.length);
  for (const { sentence } of verdicts) assert.match(sentence, /^[A-Z0-9].*\.$|^shadowtap .*\.$/);
});

describe("each check can fail, and says why", () => {
  const cases: Readonly<Record<string, readonly [History, Record<string, RegExp>]>> = {
    "an unbalanced rest point": [
      withCheckpoint(3, { imbalance: ["decoded: 1 is not 2"] }),
      { Ledger: /at rest: decoded: 1 is not 2\.$/ },
    ],
    "an unbalanced summary": [
      aHistory({ end: { ...good.end, imbalance: ["copies: 1 is not 2"] } }),
      { Ledger: /copies: 1 is not 2/ },
    ],
    "a request that was not seen": [
      withCheckpoint(4, { seen: 29_999 }),
      { "Requests seen": /counted 29999 requests and the live server 30000, after 300 s/ },
    ],
    "more missing than was lost": [
      withCheckpoint(4, { seen: 29_996, capture: lost }),
      { "Requests seen": /29996/ },
    ],
    "a failed live request": [
      withCheckpoint(2, {
        load: { answered: 10, failed: 1, failures: ["Error: hang up"], p50Ms: 1, p99Ms: 8 },
      }),
      { "Live service": /^1 of .* failed: Error: hang up\.$/ },
    ],
    "a failed live request of the warm-up": [
      aHistory({ warmUpLoads: [{ ...good.control, failed: 1, failures: ["Error: reset"] }] }),
      { "Live service": /^1 of .* failed: Error: reset\.$/ },
    ],
    "a slower live service": [
      aHistory({ control: { ...good.control, p99Ms: 0.2, p50Ms: 0.1 }, checkpoints: slow() }),
      { "Live latency": /slower: p99 was 80\.0 ms in the median interval, and 0\.2 ms without/ },
    ],
    "memory that grows slowly": [
      aHistory({}, { memoryAt: (minute) => 100 + minute / 10 + ((minute * 7.3) % 10) }),
      {
        "Memory of the keeper": /^The keeper grows: [56]\.\d MiB\/h ± /,
        "Memory of the payload": /^The payload grows/,
      },
    ],
    "memory that grows fast, in a short time": [
      aHistory({}, { minutes: 5, memoryAt: (minute) => 100 + minute * 60 }),
      { "Memory of the keeper": /grew by 1\d\d MiB/, "Memory of the payload": /grew by/ },
    ],
    "descriptors that are not closed": [
      aHistory({
        checkpoints: good.checkpoints.map((one, index) => ({
          ...one,
          processes: processes(30 + 2 * index),
        })),
      }),
      { "Files of the keeper": /holds 7\d file descriptors at the end and held 5\d at most/ },
    ],
    "a map that stays": [
      withCheckpoint(20, { objects: { programs: 2, maps: 19, links: 2 } }),
      { "Kernel objects": /18 maps .* at first and 2 programs, 19 maps and 2 links after 1260 s/ },
    ],
    "programs that were never found": [
      aHistory({
        checkpoints: good.checkpoints.map((one) => ({
          ...one,
          objects: { programs: 0, maps: 0, links: 0 },
        })),
      }),
      { "Kernel objects": /No program of the run was found/ },
    ],
    "something left behind": [
      aHistory({ end: { ...good.end, leftBehind: { programs: 1, maps: 0, links: 1 } } }),
      { "After the end": /^1 programs, 0 maps and 1 links are still there/ },
    ],
    "a late event loop": [
      aHistory({ samples: good.samples.map((one) => ({ ...one, loopLagMs: 200 })) }),
      { "Event loop": /late by 200\.0 ms/ },
    ],
    "an event loop that stood still once": [
      aHistory({
        samples: good.samples.map((one, at) => (at === 9 ? { ...one, loopLagMs: 6_000 } : one)),
      }),
      { "Event loop": /6000\.0 ms at most/ },
    ],
    "a refused reload": [
      aHistory({ disturbances: [{ atMs: 5_000, kind: "reload", fault: "Error: no." }] }),
      { Disturbances: /^A reload failed after 5 s: Error: no\.$/ },
    ],
    "a question without an answer": [
      aHistory({ silences: [{ atMs: 7_000, message: "Error: connect ENOENT" }] }),
      { "Admin socket": /^1 of 601 questions had no answer, the first after 7 s: Error: connect/ },
    ],
    "a bad end": [
      aHistory({ end: { ...good.end, exitCode: 1, stderr: "Some.\nLast words\n" } }),
      { End: /ended with 1: Last words/ },
    ],
  };
  for (const [name, [history, expected]] of Object.entries(cases))
    test(name, () => {
      const found = failed(history);
      assert.deepEqual(Object.keys(found), Object.keys(expected));
      for (const [check, sentence] of Object.entries(expected))
        assert.match(found[check] ?? "", sentence);
    });
});

function slow() {
  return good.checkpoints.map((one) => ({ ...one, load: { ...one.load, p99Ms: 80 } }));
}

test("a map that the kernel freed late is no leak, and fewer links are a fault", () => {
  const first = { programs: 2, maps: 19, links: 2 };
  assert.deepEqual(failed(withCheckpoint(0, { objects: first })), {});
  const detached = withCheckpoint(9, { objects: { programs: 2, maps: 18, links: 1 } });
  assert.deepEqual(Object.keys(failed(detached)), ["Kernel objects"]);
});

test("requests that were lost may be counted as more or fewer than they were", () => {
  assert.deepEqual(failed(withCheckpoint(4, { seen: 30_003, capture: lost })), {});
});

test("some pages more are no leak, and a slow leak is one once the run is long enough", () => {
  const step = (minute: number) => 100 + (minute > 17 ? 0.75 : 0);
  assert.deepEqual(failed(aHistory({}, { memoryAt: step })), {});
  const leak = (minute: number) => 100 + minute / 60;
  assert.deepEqual(failed(aHistory({}, { memoryAt: leak })), {});
  assert.deepEqual(Object.keys(failed(aHistory({}, { minutes: 120, memoryAt: leak }))), [
    "Memory of the keeper",
    "Memory of the payload",
  ]);
});

test("what a short soak cannot tell is left open", () => {
  const open = judge(aHistory({}, { minutes: 5 })).filter(({ outcome }) => outcome === "open");
  assert.deepEqual(
    open.map(({ name }) => name),
    [
      "Memory of the keeper",
      "Memory of the payload",
      "Files of the keeper",
      "Files of the payload",
    ],
  );
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RequestView } from "../../src/model/request.ts";
import type { Budget, Rule } from "../../src/model/rule.ts";
import { createSelection } from "../../src/select/selection.ts";
import { get, liveConnection, requestView } from "./request.ts";
import { rule, ruleSet } from "./rules.ts";

const SECOND = 1e9;
const connection = liveConnection();
const noBudget: Budget = {
  requestsPerSecond: undefined,
  bytesPerSecond: undefined,
  inFlight: undefined,
};

function bench(members: Partial<Rule>, budget: Partial<Budget> = {}) {
  let now = 0;
  const book = createSelection({ nowNs: () => now, random32: () => 2 ** 31 });
  const define = (more: Partial<Rule>, limits: Partial<Budget>, generation: number) =>
    book.use(ruleSet([rule("r", { ...more, budget: { ...noBudget, ...limits } })], generation));
  define(members, budget, 1);
  const ledger = book.ledgers.get("r");
  assert.ok(ledger);
  const waiting: Rule[] = [];
  return {
    book,
    ledger,
    define,
    at(seconds: number) {
      now = seconds * SECOND;
    },
    /** How many of so many requests are offered. */
    offer(times: number, request: RequestView = get("/")): number {
      const before = waiting.length;
      for (let i = 0; i < times; i++)
        book.decide(connection, request, (one) => {
          book.offered(one);
          waiting.push(one);
        });
      return waiting.length - before;
    },
    settle(times: number, isDelivered: boolean) {
      for (const one of waiting.splice(0, times)) book.settled(one, isDelivered);
    },
  };
}

describe("budgets", () => {
  test("requests per second, with a second's worth of burst", () => {
    const it = bench({}, { requestsPerSecond: 10 });
    assert.equal(it.offer(50), 10);
    it.at(0.5);
    assert.equal(it.offer(50), 5);
    let sum = 0;
    for (let tick = 0; tick < 1000; tick++) {
      it.at(1.5 + tick / 100);
      sum += it.offer(3);
    }
    assert.ok(Math.abs(sum - 110) <= 1, `${sum} in ten seconds`);
    assert.equal(it.ledger.over_budget.max_rps, it.ledger.matched - it.ledger.offered);
  });

  test("bytes per second count head and body, chunk framing and streamed length included", () => {
    const head = "POST / HTTP/1.1\r\nContent-Length: 61\r\n\r\n";
    const hundred = requestView(head + "x".repeat(100 - head.length));
    const it = bench({}, { bytesPerSecond: 1000 });
    assert.equal(it.offer(50, hundred), 10);
    it.at(0.2);
    assert.equal(it.offer(50, hundred), 2);
    it.at(1.2);
    const streamed = requestView("POST / HTTP/1.1\r\nContent-Length: 461\r\n\r\n", {
      isStreamed: true,
    });
    assert.equal(streamed.headEnd - streamed.start, 40);
    assert.equal(it.offer(50, streamed), 1, "501 of 1000 bytes");
    assert.equal(it.offer(50, hundred), 4);
    it.at(2.2);
    const unknown = requestView(
      `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${"x: y\r\n".repeat(9)}\r\n`,
      { isStreamed: true },
    );
    assert.equal(unknown.headEnd - unknown.start, 101);
    assert.equal(it.offer(50, unknown), 9, "of an unknown length only the head counts");
    assert.equal(it.ledger.over_budget.max_bandwidth, it.ledger.matched - it.ledger.offered);
  });

  test("a request larger than the burst is not blocked for ever", () => {
    const large = requestView("POST / HTTP/1.1\r\nContent-Length: 10000\r\n\r\n", {
      isStreamed: true,
    });
    const it = bench({}, { bytesPerSecond: 1000 });
    assert.equal(it.offer(1, large), 1);
    it.at(9);
    assert.equal(it.offer(1), 0, "in debt");
    it.at(11.1);
    assert.equal(it.offer(1, large), 1);
  });

  test("what one limit refuses does not use up another", () => {
    const it = bench({}, { requestsPerSecond: 10, bytesPerSecond: 100 });
    const small = get("/");
    const large = get("/", `x: ${"y".repeat(70)}`);
    assert.equal(it.offer(1, large), 1);
    assert.equal(it.offer(5, large), 0);
    assert.equal(it.ledger.over_budget.max_bandwidth, 5);
    it.at(0.01);
    assert.equal(small.bodyEnd - small.start, 18);
    assert.equal(it.offer(5, small), 0);
    it.at(1.1);
    assert.equal(it.offer(5, small), 5);
    assert.equal(it.ledger.over_budget.max_rps, 0);
  });

  test("in flight", () => {
    const it = bench({}, { inFlight: 3 });
    assert.equal(it.offer(10), 3);
    it.settle(1, true);
    it.settle(1, false);
    assert.equal(it.offer(10), 2);
    assert.equal(it.ledger.over_budget.max_in_flight, 15);
  });

  test("count: delivered and in flight, and what failed is made up for", () => {
    const it = bench({ count: 5 }, { requestsPerSecond: 100 });
    assert.equal(it.offer(10), 5);
    it.settle(2, false);
    it.settle(1, true);
    assert.equal(it.offer(10), 2);
    it.settle(4, true);
    assert.equal(it.offer(10), 0);
    assert.equal(it.ledger.over_budget.count, 23);
    assert.equal(it.ledger.offered, 7);
  });

  test("reasons come in order: count, in flight, requests, bytes", () => {
    const it = bench({ count: 1 }, { requestsPerSecond: 1, bytesPerSecond: 1, inFlight: 1 });
    it.offer(2);
    it.define({}, { requestsPerSecond: 1, bytesPerSecond: 1, inFlight: 1 }, 2);
    it.offer(1);
    it.settle(1, true);
    it.offer(1);
    it.define({}, { requestsPerSecond: 100, bytesPerSecond: 1 }, 3);
    it.at(0.5);
    it.offer(1);
    assert.deepEqual(it.ledger.over_budget, {
      count: 1,
      max_in_flight: 1,
      max_rps: 1,
      max_bandwidth: 1,
    });
  });

  test("what is sampled out spends nothing", () => {
    const it = bench({ share: 0.1, count: 1 }, { requestsPerSecond: 1 });
    assert.equal(it.offer(10), 0);
    it.book.setShare("r", 1);
    assert.equal(it.offer(10), 1);
  });

  test("a rule's state outlives a generation, and even its absence", () => {
    const it = bench({ count: 5 }, { requestsPerSecond: 4, inFlight: 4 });
    assert.equal(it.offer(10), 4);
    it.book.use(ruleSet([rule("other")], 2));
    it.define({ count: 5 }, { requestsPerSecond: 4, inFlight: 4 }, 3);
    assert.equal(it.offer(10), 0);
    it.settle(4, true);
    assert.equal(it.offer(10), 0, "no tokens yet");
    it.at(1);
    assert.equal(it.offer(10), 1, "the last of five");
    it.define({ count: 7 }, {}, 4);
    assert.equal(it.offer(10), 2, "as many as the new count allows beyond the five");
  });
});
